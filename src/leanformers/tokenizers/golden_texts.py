"""The texts of golden files: few, short and varied, so that a change of any stage shows in one of them."""

from __future__ import annotations

__all__ = ["PAIRS", "TEXTS", "texts_with_special_tokens"]

TEXTS = (
    # plain and less plain English
    "",
    "Hello, world!",
    "The quick brown fox jumps over the lazy dog.",
    "I've been waiting; they'd've said it's John's, wasn't it? 'Tis.",
    "Don't stop—believing… “quoted” ‘single’ (brackets) [square] {curly} <angle>",
    "unbelievably antidisestablishmentarianism internationalization",
    "HELLO hello Hello hELLO McDonald iPhone NASA",
    "state-of-the-art e-mail co-operate -- --- ... !!! ?!",
    # white space
    " ",
    "   ",
    " leading and trailing ",
    "two  spaces,   three,\ttab,\nline,\r\nline,\n\n\nlines\u00a0and\u2003wide\u200bzero\u3000ideographic",
    "\x00\x01\x07 controls \x7f\x85 \u00ad soft \ufeff mark \ufffd replacement",
    # numbers and signs
    "1 12 123 1234 12345 3.14 1,000,000 1e-9 0x1F ½ ² Ⅷ ٣٤٥ १२३ 12:30 2024-02-29 €9.99 50% #1",
    "a+b=c x² ≤ ∞ √2 ∑ → ⇒ © ™ § ¶ • ¿¡ ‰",
    # code and addresses
    'def f(x: int) -> str:\n    return f"{x!r:>10}"  # note\n\tif (a[i] != b->c && d::e) { i++; }',
    "https://example.org/a_b/c?d=e&f=%20#g user.name+tag@example.org C:\\dir\\file.txt /usr/lib ./x.sh",
    '<div class="a">&amp;</div> {"key": [1, null, true]} SELECT * FROM t; $HOME `x` snake_case camelCase',
    # accents and combining marks
    "café cafe\u0301 naïve Ångström ÀÉÎÕÜ ß ẞ ſ Œ œ ø đ ł ı İ",
    "e\u0323\u0301 e\u0301\u0323 \u0301 alone q\u0307\u0323 ﬁ ﬂ ﬃ Ǆ ǅ ǆ Å ﷺ ℀ ㎏ ①",
    "Việt Nam có những tiếng lạ: ữ ậ ề ộ",
    # scripts
    "Привет, как дела? Ёлка, ещё раз.",
    "Καλημέρα, ΟΔΥΣΣΕΥΣ, ὈΔΥΣΣΕΎΣ ἄνθρωπος",
    "שלום עולם וְאָהַבְתָּ",
    "مرحبا بالعالم، اَلْعَرَبِيَّةُ كتاب ٱللّٰه",
    "नमस्ते दुनिया, क्षत्रिय ज्ञान कि की कु",
    "வணக்கம் உலகம் తెలుగు ಕನ್ನಡ മലയാളം සිංහල",
    "สวัสดีชาวโลก ทำงาน ລາວ ខ្មែរ မြန်မာ",
    "你好，世界。中文分词没有空格，龍和龙。",
    "日本語のテキスト、カタカナとひらがな。ｶﾀｶﾅ ＡＢＣ１２３ 々〆",
    "안녕하세요 세계 한글 각 ㄱㅏ",
    "ქართული հայերեն አማርኛ ᏣᎳᎩ ᠮᠣᠩᠭᠣᠯ བོད་ཡིག",
    "𝕳𝖊𝖑𝖑𝖔 𐐀𐐨 𠮷野家 𐍈 𓀀 𞤀𞤢",
    "mixed: the слово 词 λέξη कथा كلمة word",
    # emoji
    "😀 😂🤣 👍🏽 👩\u200d👩\u200d👧\u200d👦 🇩🇪🇫🇷 ❤️ ☔ 🏳️\u200d🌈 1️⃣ ♥ ✌🏿",
    # long words, around the limits that models have
    "a" * 99,
    "a" * 100,
    "a" * 101,
    "ab" * 120,
    "é" * 101,
    "漢" * 60,
    "-" * 70,
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    # code points that are unassigned, private or no characters
    "\u0378 \ue000 \U000f0000 \uffff \U0010ffff \u2e43 \u32ff \ua7ce",
)
PAIRS = (
    ("Where is it?", "It is here."),
    ("", "empty before"),
    ("a somewhat longer first text, with a comma", "short"),
)


def texts_with_special_tokens(tokens: list[str]) -> list[str]:
    """Texts in which the tokenizer's own special tokens stand, alone, between words and within them."""
    return [f"{token} a {token}b{token} c{token}\n{token.lower()}" for token in tokens[:12]]
