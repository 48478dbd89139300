"""Languages as dumps declare them, in one spelling: `en` for English, EN, en-US, en_GB and eng."""

_NAMES = """
    af afr Afrikaans|am amh Amharic|ar ara Arabic|as asm Assamese|az aze Azerbaijani|be bel Belarusian|bg bul Bulgarian|
    bn ben Bengali|bs bos Bosnian|ca cat Catalan|cs ces Czech|cy cym Welsh|da dan Danish|de deu German|el ell Greek|
    en eng English|eo epo Esperanto|es spa Spanish|et est Estonian|eu eus Basque|fa fas Persian|fi fin Finnish|fr fra French|
    ga gle Irish|gl glg Galician|gu guj Gujarati|he heb Hebrew|hi hin Hindi|hr hrv Croatian|hu hun Hungarian|hy hye Armenian|
    id ind Indonesian|is isl Icelandic|it ita Italian|ja jpn Japanese|ka kat Georgian|kk kaz Kazakh|km khm Khmer|kn kan Kannada|
    ko kor Korean|ky kir Kyrgyz|la lat Latin|lo lao Lao|lt lit Lithuanian|lv lav Latvian|mk mkd Macedonian|ml mal Malayalam|
    mn mon Mongolian|mr mar Marathi|ms msa Malay|my mya Burmese|ne nep Nepali|nl nld Dutch|or ori Odia|
    no nor Norwegian nb nob Bokmal Bokmål nn nno Nynorsk|pa pan Punjabi|pl pol Polish|ps pus Pashto|pt por Portuguese|
    ro ron Romanian|ru rus Russian|si sin Sinhala|sk slk Slovak|
    sl slv Slovenian|sq sqi Albanian|sr srp Serbian|sv swe Swedish|sw swa Swahili|ta tam Tamil|te tel Telugu|th tha Thai|
    tl tgl Tagalog|tr tur Turkish|ug uig Uyghur|uk ukr Ukrainian|ur urd Urdu|uz uzb Uzbek|vi vie Vietnamese|zh zho Chinese"""
_CODES = {word.lower(): entry.split()[0] for entry in _NAMES.split("|") for word in entry.split()}


def code(declared: str) -> str | None:
    """Two letters for a language that is known by code or by its English name, else None."""
    said = declared.strip().lower().replace("_", "-")
    return _CODES.get(said) or _CODES.get(said.partition("-")[0])
