"""What could come next; why, why not, why not yet: the tables that the transform `options` writes."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table, tri

OPTION_STATUS = ("not_suitable", "not_now", "tried", "investigational", "discuss_with_caution", "discuss")
EFFECTS = ("information", "monitor", "discuss_with_caution", "not_now", "not_suitable")
"""What a reason leads to where it bears on a person, mildest first."""

REASON_STATES = ("not_met", "cannot_assess", "met")
REASON_KINDS = ("rule", "population", "trials_first", "tried")
SYSTEMS = ("serotonin", "noradrenaline", "dopamine", "glutamate", "hpa", "inflammation", "neuroplasticity")


class Option(Table):
    """One row per person and treatment of the catalogue, in order of person, then catalogue.

    `place` is the order that is shown; `order_*` are the keys that it follows, in this order, then the name.
    """

    person_key = dy.UInt32(primary_key=True)
    option_key = dy.UInt8(primary_key=True)  # row of `knowledge.options`
    status = dy.Enum(OPTION_STATUS, nullable=False)
    place = dy.UInt8(nullable=False)  # 0 comes first
    order_status = dy.UInt8(nullable=False)  # place of the status
    order_line = dy.UInt8(nullable=True)  # guideline line; null comes last
    order_grade = dy.UInt8(nullable=False)  # place of the evidence grade
    order_against = dy.UInt8(nullable=False)  # stated preferences that it goes against; fewer come first
    order_fits = dy.UInt8(nullable=False)  # stated preferences that it fits; more come first
    tried_fairly = tri()  # whether a fair try of it is on record


class OptionReason(Table):
    """One row per person, option and reason that was looked at, whether it bears on the person or not.

    `state` says whether what the rule names is met; `bears` whether that speaks against the option. A rule that belongs
    to another country has no row; a special group that the person does not belong to has none either.
    """

    person_key = dy.UInt32(nullable=False)
    option_key = dy.UInt8(nullable=False)
    kind = dy.Enum(REASON_KINDS, nullable=False)
    reason = dy.String(nullable=False)  # id of the rule or of the group; else the kind
    effect = dy.Enum(EFFECTS, nullable=False)
    state = dy.Enum(REASON_STATES, nullable=False)
    bears = tri()
    is_hard = dy.Bool(nullable=False)  # holds back as long as it cannot be assessed
    trial_key = dy.UInt32(nullable=True)  # of what was tried


class SpecialGroup(Table):
    """One row per person and special group of the knowledge: whether the person belongs to it."""

    person_key = dy.UInt32(primary_key=True)
    group = dy.String(primary_key=True)
    belongs = tri()


class MechanismTried(Table):
    """One row per person and system that treatments are thought to act on: whether one was tried."""

    person_key = dy.UInt32(primary_key=True)
    system = dy.Enum(SYSTEMS, primary_key=True)
    tried = tri()
    tried_fairly = tri()
    n_treatments = dy.UInt16(nullable=False)  # distinct ingredients on record
