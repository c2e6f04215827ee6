"""Names and codes of treatments, scales and conditions: what they mean, and what they never mean."""

from __future__ import annotations

import pytest

from remit.knowledge.codes import CodeIndex, Row, plain_code, read_map, short_system
from remit.knowledge.lexicon import Lexicon
from remit.knowledge.load import load_knowledge
from remit.knowledge.names import names_of, resolve_treatment


@pytest.fixture(scope="module")
def knowledge():
    return load_knowledge()


MEANT = {
    "sertraline": "sertraline",
    "  SERTRALINE ": "sertraline",
    "Sértraliné": "sertraline",
    "Zoloft": "sertraline",
    "Lustral": "sertraline",
    "sertraline HCl 50 mg tablets": "sertraline",
    "Sertraline (Zoloft) 100mg tab": "sertraline",
    "sertraline 50 MG Oral Tablet [Zoloft]": "sertraline",
    "rxnorm:36437": "sertraline",
    "RxCUI: 36437": "sertraline",
    "36437": "sertraline",
    "312941": "sertraline",  # a product
    "N06AB06": "sertraline",
    "atc:N06AB06": "sertraline",
    "escitalopram": "escitalopram",
    "citalopram": "citalopram",
    "Cipramil": "citalopram",
    "desvenlafaxine": "desvenlafaxine",
    "venlafaxine XR": "venlafaxine",
    "Effexor": "venlafaxine",
    "Efexor XL": "venlafaxine",
    "levomilnacipran": "levomilnacipran",
    "milnacipran": "milnacipran",
    "esketamine": "esketamine",
    "ketamine": "ketamine",
    "Spravato": "esketamine",
    "dothiepin": "dosulepin",
    "amfebutamone": "bupropion",
    "Wellbutrin XL 300": "bupropion",
    "St John's wort": "hypericum_perforatum",
    "St. Johns Wort": "hypericum_perforatum",
    "5-HTP": "oxitriptan",
    "lithium carbonate 400 mg": "lithium",
    "Symbyax": "olanzapine_fluoxetine",
    "olanzapine / fluoxetine": "olanzapine_fluoxetine",
    "Symbyax (olanzapine and fluoxetine)": "olanzapine_fluoxetine",
    "Auvelity": "dextromethorphan_bupropion",
    "42347": "bupropion",  # also a part of combinations
    "Paxil CR": "paroxetine_cr",
    "Paxil": "paroxetine",
    "Emsam": "selegiline_transdermal",
    "selegiline [Emsam]": "selegiline_transdermal",
    "ECT": "ect",
    "electroconvulsive therapy": "ect",
    "TMS": "rtms",
    "CBT": "cbt",
}


@pytest.mark.parametrize("text", MEANT)
def test_what_is_meant(knowledge, text):
    found = resolve_treatment(text, knowledge)
    assert found.key is not None, found
    assert knowledge.treatments[found.key].id == MEANT[text]
    assert found.how in ("id", "name", "code")


SPELT = {
    "sertralin": "sertraline",
    "sertarline": "sertraline",
    "citaloprma": "citalopram",
    "Zolofft": "sertraline",
    "mirtazapin 30 mg": "mirtazapine",
    "lamotrigin": "lamotrigine",
    "bupropoin": "bupropion",
}


@pytest.mark.parametrize("text", SPELT)
def test_a_small_misspelling_is_read_and_says_so(knowledge, text):
    found = resolve_treatment(text, knowledge)
    assert (knowledge.treatments[found.key].id, found.how) == (SPELT[text], "spelling")


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("dluoxetine", {"duloxetine", "fluoxetine"}),  # one slip from each
        ("selegiline", {"selegiline (oral)", "selegiline (transdermal)"}),
        ("9639", {"selegiline (oral)", "selegiline (transdermal)"}),
        ("sertraline and lithium", {"sertraline", "lithium"}),
        ("no sertraline", {"sertraline"}),
        ("allergic to sertraline", {"sertraline"}),
        ("sertralxyne or so", {"sertraline"}),
    ],
)
def test_what_could_mean_several_means_none(knowledge, text, candidates):
    found = resolve_treatment(text, knowledge)
    assert found.key is None
    assert candidates <= set(found.candidates)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "!!!",
        "amoxicillin",
        "the same again",
        "rxnorm:1",
        "N06AB99",
        "xx:36437",
        "zz",
        "tablet",
        "50 mg",
        "word " * 200,
        "\ud800",
        "ﷺ",
        "sert\0raline ketchup",
    ],
)
def test_what_means_nothing(knowledge, text):
    assert resolve_treatment(text, knowledge).key is None


def test_a_name_among_words_says_so(knowledge):
    found = resolve_treatment("sertraline from the night doctor", knowledge)
    assert (knowledge.treatments[found.key].id, found.how) == ("sertraline", "words")


def test_every_treatment_is_found_by_its_id_and_its_own_name(knowledge):
    for treatment in knowledge.treatments:
        assert knowledge.treatments[resolve_treatment(treatment.id, knowledge).key].id == treatment.id
    for treatment in knowledge.treatments:
        found = resolve_treatment(treatment.name, knowledge)
        assert found.key is not None or found.how == "shared", treatment.name


def test_no_name_reaches_into_a_word():
    lexicon = Lexicon({"citalopram": ["citalopram"], "ketamine": ["ketamine"]})
    assert lexicon.find("escitalopram").ids == ()
    assert lexicon.find("esketamine spray").ids == ()
    assert lexicon.find("citalopramab").how != "name"


def test_listed_names_may_carry_comments():
    lexicon = Lexicon({"a": ["Deanxit", "Trintellix (Brintellix until 2016)"], "b": ["Dixeran; with a: Deanxit"]})
    assert lexicon.find("trintellix").ids == ("a",)
    assert lexicon.find("dixeran").ids == ("b",)
    assert lexicon.find("Deanxit").ids == ("a",)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("PHQ-9", "phq9"),
        ("phq 9", "phq9"),
        ("phq9", "phq9"),
        ("44261-6", "phq9"),
        ("loinc:44249-1", "phq9"),
        ("GAD7", "gad7"),
        ("TSH", "tsh"),
        ("3016-3", "tsh"),
    ],
)
def test_measures(knowledge, text, measure):
    assert names_of(knowledge).measure(text).ids == (measure,)


@pytest.mark.parametrize(("text", "known"), [("hypothyroidism", True), ("Bipolar disorder", True), ("gout", False)])
def test_conditions(knowledge, text, known):
    assert bool(names_of(knowledge).conditions.find(text).ids) == known


def test_the_most_specific_code_wins():
    index = CodeIndex()
    rows = {name: Row(name, "", "", "") for name in ("wide", "narrow", "exact", "range")}
    index.add("icd10cm", "F32", "prefix", rows["wide"])
    index.add("icd10cm", "F32.8", "prefix", rows["narrow"])
    index.add("icd10cm", "F32.81", "exact", rows["exact"])
    index.add("icd10cm", "I11-I13, I15", "range", rows["range"])
    index.add("icd10cm", "any of them", "rule", rows["wide"])
    assert [r.our_id for r in index.find("icd10cm", "F32.81")] == ["exact"]
    assert [r.our_id for r in index.find("icd10cm", "f3289")] == ["narrow"]
    assert [r.our_id for r in index.find("icd10cm", "F32.0")] == ["wide"]
    assert [r.our_id for r in index.find("icd10", "F32.0")] == ["wide"]  # WHO codes fall back on the modification
    assert [[r.our_id for r in index.find("icd10cm", c)] for c in ("I12.9", "I14", "I15.0")] == [
        ["range"],
        [],
        ["range"],
    ]
    assert index.find("snomed", "F32") == []


@pytest.mark.parametrize(
    ("system", "short"),
    [
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
        ("ICD10CM", "icd10cm"),
        ("CPT4", "cpt"),
        ("CPT-II", "cpt"),
        ("http://www.ama-assn.org/go/cpt", "cpt"),
        ("RxNorm", "rxnorm"),
        ("http://snomed.info/sct/", "snomed"),
    ],
)
def test_code_systems(system, short):
    assert short_system(system) == short
    assert plain_code("f32. 81") == "F3281"


def test_sessions_are_told_from_markers():
    uses = {
        "one row = one session": True,
        "inpatient session": True,
        "marker only": False,
        "supporting": False,
        "referral, not a session": False,
        "": True,
        "exclude from adequate ECT": False,
    }
    assert {use: Row("", "", "", use).is_session for use in uses} == uses
    assert not Row("", "", "Crisis psychotherapy", "").is_session


def test_a_map_that_cannot_be_read(tmp_path):
    from remit.errors import KnowledgeError

    path = tmp_path / "procedures.csv"
    path.write_bytes(b"modality\nECT\n")
    with pytest.raises(KnowledgeError, match="lacks the column system, code"):
        read_map(path, ("system", "code"))
    path.write_bytes(b"system,code\nx,\xff\n")
    with pytest.raises(KnowledgeError, match="cannot be read as a table"):
        read_map(path, ("system", "code"))
