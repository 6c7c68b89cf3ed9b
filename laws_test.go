package groups_test

import (
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
)

// Each law of DESIGN.md section 9 is a function in package law and a test here, named after its sentence. A test tries
// the law on every engine there is, and then on broken ones: a law must catch its mutants.

// matchers are the engines that answer a rule for one user. A new engine is one more line.
var matchers = map[string]law.Matcher{
	"match":   law.Compiled{},
	"explain": law.Explained{},
}

// holds tries a law of matching on every engine and on its mutants.
func holds(t *testing.T, l law.Law[law.Matcher]) {
	t.Helper()
	for name, m := range matchers {
		t.Run(name, func(t *testing.T) { l.Check(t, m) })
	}
	catches(t, l, func(d oracle.Defect) law.Matcher { return law.Misread(d) })
}

// catches asserts that a law notices each of its mutants.
func catches[E any](t *testing.T, l law.Law[E], broken func(oracle.Defect) E) {
	t.Helper()
	for _, d := range l.Mutants {
		t.Run("mutant/"+string(d), func(t *testing.T) {
			t.Parallel()
			if err := l.Catches(broken(d)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMatchAnswersAsThePageReads(t *testing.T) { holds(t, law.MatchIsThePage) }

func TestARuleAndItsNegationSplitThePeopleWithKnownValues(t *testing.T) { holds(t, law.NegationSplits) }

func TestAnUnknownTurnsNoAnswerRound(t *testing.T) { holds(t, law.UnknownTurnsNoAnswerRound) }

func TestAddingAnUnreadableConditionNeverWidensAGroup(t *testing.T) {
	holds(t, law.UnreadableNeverWidens)
}

func TestTheOrderOfSetsConditionsAndPeopleDoesNotMatter(t *testing.T) {
	holds(t, law.OrderOfARuleDoesNotMatter)
}

func TestMovingASubtreeEqualsMovingItsPeople(t *testing.T) { holds(t, law.MovingASubtree) }

func TestNothingTurnsBeforeTheNextOfARule(t *testing.T) {
	law.NothingTurnsBeforeNext.Check(t, law.Compiled{})
	catches(t, law.NothingTurnsBeforeNext, func(d oracle.Defect) law.Foreteller { return law.Misread(d) })
}

// everywhere tries a sentence about the two total functions on all their inputs, and on its mutants.
func everywhere(t *testing.T, s law.Sentence) {
	t.Helper()
	if err := s.Holds(law.Tables{}); err != nil {
		t.Error(err)
	}
	for _, d := range s.Mutants {
		if s.Holds(oracle.Broken(d)) == nil {
			t.Errorf("does not notice that %s", d)
		}
	}
}

func TestBothTablesOnEveryInput(t *testing.T) { everywhere(t, law.TheTables) }

func TestAssignmentBeatsRule(t *testing.T) { everywhere(t, law.AssignmentBeatsRule) }

func TestAnUnknownVerdictOrStatusMovesNobody(t *testing.T) { everywhere(t, law.UnknownMovesNobody) }

func TestNoDeactivatedMemberByTheTable(t *testing.T) { everywhere(t, law.NoDeactivatedMember) }

func TestAbsenceForgetsNothing(t *testing.T) { everywhere(t, law.AbsenceForgetsNothing) }

// hosts are the evaluators over their stores. A new store or engine is one more line.
var hosts = map[string]func() law.Host{
	"memory": func() law.Host { return law.OnMemory() },
	"memory without capabilities": func() law.Host {
		h := law.OnMemory()
		h.Wrap = law.Bare
		return h
	},
	"memory, index and a twin that looks at everybody": func() law.Host {
		looks := law.OnMemory()
		looks.Looks = true
		return &law.Twins{Plain: law.OnMemory(), Other: looks}
	},
	"memory, index beside a look at everybody": func() law.Host {
		h := law.OnMemory()
		h.Beside = true
		return h
	},
	"memory, a journal and a store of others": func() law.Host {
		h := law.OnMemory()
		h.Wrap, h.WrapStore, h.Beside = law.Journaled, law.BareStore, true
		return h
	},
	"memory, three evaluators in turn": func() law.Host {
		h := law.OnMemory()
		h.Several, h.Beside = 3, true
		return h
	},
	"memory without a journal": func() law.Host {
		h := law.OnMemory()
		h.Wrap, h.Beside = law.Dated, true
		return h
	},
}

// hosted tries a law of whole tenants on every host and on its mutants.
func hosted(t *testing.T, l law.Law[law.Host]) {
	t.Helper()
	for name, open := range hosts {
		t.Run(name, func(t *testing.T) { l.Check(t, open()) })
	}
	catches(t, l, func(d oracle.Defect) law.Host { return law.NewModel(d) })
}

func TestProcessWritesWhatThePageReads(t *testing.T) { hosted(t, law.ProcessIsThePage) }

func TestProcessingSettles(t *testing.T) { hosted(t, law.ProcessingSettles) }

func TestPreviewWritesNothing(t *testing.T) { hosted(t, law.PreviewWritesNothing) }

func TestOneUserAloneEqualsThatUserInTheWhole(t *testing.T) { hosted(t, law.AUserAlone) }

func TestOrderDoesNotMatter(t *testing.T) { hosted(t, law.ProcessingKnowsNoOrder) }

func TestNoDeactivatedMemberUnderADropPolicy(t *testing.T) { hosted(t, law.NoDeactivatedMemberIsLeft) }

func TestWhoeverIsReactivatedOrComesBackIsAsTheyWere(t *testing.T) { hosted(t, law.WhoComesBack) }

func TestAnUploadOfPeopleNeverChangesAGroupsDefinition(t *testing.T) {
	hosted(t, law.UploadsLeaveDefinitions)
}

func TestNothingMovesBeforeTheNextOfARun(t *testing.T) { hosted(t, law.NothingMovesBeforeNext) }

func TestAnErrorOrAnUnknownMovesNobody(t *testing.T) {
	law.AnErrorMovesNobody.Check(t, law.NewFaulty(law.OnMemory(), false))
	catches(t, law.AnErrorMovesNobody, func(oracle.Defect) law.FaultyHost { return law.NewFaulty(law.OnMemory(), true) })
	// That an unknown moves nobody is TestAnUnknownTurnsNoAnswerRound for a rule, TestAnUnknownVerdictOrStatusMovesNobody
	// for the tables, and TestProcessWritesWhatThePageReads for what becomes of both.
}

func TestExplainAgreesWithMatch(t *testing.T) {
	law.ExplainAgrees.Check(t, law.OnMemory())
	catches(t, law.ExplainAgrees, func(d oracle.Defect) law.Explainer {
		return law.Narrator{Model: law.NewModel(), Reader: oracle.Broken(d)}
	})
}

func TestChangesReplayedFromTheFeedGiveTheMembership(t *testing.T) {
	hosted(t, law.TheFeedGivesTheMembership)
}

func TestCapabilitiesNeverChangeAnAnswer(t *testing.T) {
	for name, open := range hosts {
		t.Run(name, func(t *testing.T) {
			law.CapabilitiesChangeNothing.Check(t, [2]law.Host{law.OnMemory(), open()})
		})
	}
	catches(t, law.CapabilitiesChangeNothing, func(d oracle.Defect) [2]law.Host {
		return [2]law.Host{law.NewModel(), law.NewModel(d)}
	})
}

func TestJSONAndBackIsTheIdentityOfEveryRule(t *testing.T) {
	law.JSONAndBack.Check(t, law.JSON{})
	catches(t, law.JSONAndBack, func(d oracle.Defect) law.Codec { return law.JSON{Loses: d} })
}

// A group that a run does not process answers as it was written, but not for users who are undecided there: they are
// Unknown to every rule that asks. Here status decides whether "ada" is a member of "all", so nobody can say whether she
// is one of the others; whichever way "others" is looked at, she stays out of it.
func TestWhoIsUndecidedInAGroupIsUnknownWhereTheGroupIsOnlyRead(t *testing.T) {
	tenant := oracle.Tenant{World: oracle.World{
		Schema: &groups.Schema{},
		Users:  []groups.User{{ID: "ada"}}, // of whom not even the activation is known
		Now:    time.Date(2026, time.March, 10, 12, 0, 0, 0, time.UTC),
	}, Groups: []groups.Group{
		{
			ID: "all", Name: "All", Kind: groups.AutomaticGroup, Status: groups.Active, Deactivated: groups.DropAll,
			Criteria: groups.AllSets(groups.All(groups.Everyone{})),
		},
		{
			ID: "others", Name: "Others", Kind: groups.AutomaticGroup, Status: groups.Active,
			Criteria: groups.AllSets(groups.All(groups.MemberOfAny("all").Not())),
		},
	}}
	for name, look := range map[string]func(*law.Plain) error{
		"process one": func(h *law.Plain) error { _, err := h.Process("others"); return err },
		"changed": func(h *law.Plain) error {
			_, err := h.Changed(groups.Touched{Groups: []groups.GroupID{"others"}})
			return err
		},
		"an act": func(h *law.Plain) error { return h.Unassign("others", "ada") },
		"explain": func(h *law.Plain) error {
			row, _, err := h.Explain("others", "ada")
			if !row.Undecided {
				t.Errorf("explained as %+v, not as undecided", row)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := law.OnMemory()
			if err := h.Load(tenant); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Process(); err != nil {
				t.Fatal(err)
			}
			if err := look(h); err != nil {
				t.Fatal(err)
			}
			members, err := h.Members()
			if err != nil || len(members["others"]) > 0 {
				t.Errorf("members %v (%v)", members, err)
			}
		})
	}
}
