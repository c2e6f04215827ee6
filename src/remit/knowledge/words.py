"""Words of a prescription that are no part of a treatment's name: salts, forms, units, times of day.

They are language, not facts: taking them off "sertraline HCl 50 mg tablets" leaves the name. A word that belongs to a
name in the knowledge ("lithium carbonate", "Paxil CR") still counts there, because the longest whole name wins.
"""

from __future__ import annotations

import re
import unicodedata

_SALTS = (
    "acetate besilate besylate bromide carbonate chloride citrate dihydrochloride dimesylate fumarate hbr "
    "hcl hemifumarate hydrobromide hydrochloride hydrogen malate maleate mesilate mesylate monohydrate "
    "oxalate pamoate phosphate potassium sodium succinate sulfate sulphate tartrate tosylate anhydrous "
    "base salt"
)
SALTS = frozenset(_SALTS.split())
_FORMS = (
    "cap caplet caplets caps capsule capsules chewable coated cr delayed dispersible disintegrating dose "
    "doses dr drop drops ec enteric er extended film filmtab generic inj injection intranasal intravenous "
    "iv la liquid modified mr nasal odt ophthalmic oral orally orodispersible patch patches pill pills po "
    "prefilled prolonged release retard soltab solution spray sprays sr strength sublingual suspension "
    "sustained syringe syrup system tab tablet tablets tabs transdermal xl xr brand infusion infusions "
    "nasally sessions session course"
)
FORMS = frozenset(_FORMS.split())
_UNITS = "g gm gram grams h hr hour hours mcg mg milligram milligrams ml ug unit units"
UNITS = frozenset(_UNITS.split())
_TIMES = (
    "a at bd bedtime bid by daily day each evening every hs in morning mouth night nightly noon od of "
    "once per qam qd qhs qid qpm tablet take taken tds the tid times twice with"
)
TIMES = frozenset(_TIMES.split())
NOISE = SALTS | FORMS | UNITS | TIMES
"""Words that may stand beside a name without changing what is meant."""

_REFUSALS = (
    "allergic allergy avoid avoided contraindicated declined declines denied denies intolerance never no "
    "non none not placebo refused refuses without"
)
REFUSALS = frozenset(_REFUSALS.split())
"""Words beside a name after which the entry does not say that it was taken."""

_MARKS = re.compile(r"['’`´]")
_SPLIT = re.compile(r"[^a-z0-9]+")
_UNIT = re.compile(r"^\d+(?:mg|mcg|ug|g|ml|hr|h|x)?$")
_UMLAUTS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "µ": "u", "μ": "u"})


def fold(text: str) -> tuple[str, ...]:
    """Tokens of a text without case, accents and punctuation."""
    plain = _MARKS.sub("", text.casefold())
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_UMLAUTS))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(token for token in _SPLIT.split(plain) if token)


def is_noise(token: str) -> bool:
    """Whether a token is a number, a strength, a form, a salt or a time of day."""
    return token in NOISE or bool(_UNIT.match(token))


def core(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """`tokens` without the words that are no part of a name."""
    return tuple(token for token in tokens if not is_noise(token))


_COMMENT = re.compile(r"\([^()]*\)")


def spellings(name: str) -> list[str]:
    """A listed name without comments in brackets; several where it lists several."""
    plain = _COMMENT.sub(" ", name)
    return [part.strip() for part in re.split(r"[;|]| / ", plain) if part.strip() and ":" not in part]
