"""Files of texts become files of tokens: streamed, in bounded memory, going on after a kill where it stopped."""
