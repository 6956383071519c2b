// Unicode normalization forms over characters that remember their sources.
#pragma once

#include "characters.h"
#include "tokenizer.h"

namespace leanformers {

// Unicode Standard Annex 15, with the tables of the reference (Unicode 9.0).
Characters to_form(UnicodeForm::Form form, const Characters& characters);

}  // namespace leanformers
