package desk

import (
	"context"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// Misreadings of the life of a group, of the kind that people make.
const (
	// Edits.
	StaleEditsAreSaved      oracle.Defect = "an edit is saved over that of somebody who was faster"
	EveryEditMakesAVersion  oracle.Defect = "every edit makes a version of the criteria"
	VersionsAreKeptForEver  oracle.Defect = "more than ten versions are kept"
	KindsAreSaved           oracle.Defect = "a change of kind is saved like any edit"
	MembersAreAlwaysDropped oracle.Defect = "a change of kind drops the members whatever the caller says"
	PreviewsAreNotRequired  oracle.Defect = "criteria are saved without the preview that the policy requires"
	NobodyMayBypass         oracle.Defect = "the right to bypass the preview is not looked at"
	StalePlansArePublished  oracle.Defect = "a plan is published although something else would happen now"

	ReferredGroupsAreDeleted  oracle.Defect = "a group is deleted while others refer to it"
	DeletionIsNotTold         oracle.Defect = "nobody leaves a group that is deleted"
	CopiesKeepTheStatus       oracle.Defect = "a copy of an active group is active"
	AutomaticMembersAreCopied oracle.Defect = "a duplicate has the automatic members too"
	CopiesNeverEnd            oracle.Defect = "assignments are duplicated without their end"
	ScopesAreIgnored          oracle.Defect = "a rule holds outside the scope of the owner"

	// Drafts.
	DraftsNeverExpire          oracle.Defect = "drafts do not expire"
	DraftsAreOverwritten       oracle.Defect = "a draft is saved over that of somebody who was faster"
	StaleDraftsAreSaved        oracle.Defect = "a draft of a group that was saved meanwhile is saved"
	PublishedDraftsStay        oracle.Defect = "a draft that was published is still there"
	RebasingKeepsTheWholeDraft oracle.Defect = "rebasing a draft undoes what else was saved"

	// Status, time, and the guard.
	ActivationIsByTheRule        oracle.Defect = "those who join an activated group join by the rule"
	AdoptionJoins                oracle.Defect = "those who are adopted join"
	InactiveGroupsShowMembers    oracle.Defect = "an inactive group shows its population"
	UnfreezingMoves              oracle.Defect = "unfreezing a group has it follow its rule at once"
	SchedulesAreIgnored          oracle.Defect = "a scheduled group follows at once"
	AssignmentsDoNotWait         oracle.Defect = "assignments do not wait for the schedule"
	RegistrationWaits            oracle.Defect = "self-registration waits for the schedule"
	NothingIsHeld                oracle.Defect = "the guard holds nothing"
	PublicationsAreHeld          oracle.Defect = "the guard holds what was previewed"
	HeldGroupsLoseTheDeactivated oracle.Defect = "the deactivated leave a group that is held"
	StalePlansAreApproved        oracle.Defect = "a held plan is approved although something else would happen now"
	FilesAreAlwaysImported       oracle.Defect = "a file without half of the people is imported"

	// Decisions about users.
	AssignmentsAreMadeAnew   oracle.Defect = "whoever is assigned already is assigned anew"
	ExcludedUsersAreAssigned oracle.Defect = "an excluded user is assigned without a word"
	EligibleUsersAreTakenOut oracle.Defect = "a user whom the rule keeps in is taken out"
	UnassignedUsersRejoin    oracle.Defect = "whoever is no longer assigned leaves and joins by the rule"
	TheFeedRemembers         oracle.Defect = "the feed still tells of the forgotten"
	ForgettingIsNotTold      oracle.Defect = "the forgotten leave without a word"
)

// misreadings are those of this room, and those of package oracle that a history at a desk must tell as well.
var misreadings = []oracle.Defect{
	StaleEditsAreSaved, EveryEditMakesAVersion, VersionsAreKeptForEver, KindsAreSaved, MembersAreAlwaysDropped, PreviewsAreNotRequired,
	NobodyMayBypass, StalePlansArePublished, ReferredGroupsAreDeleted, DeletionIsNotTold, CopiesKeepTheStatus,
	AutomaticMembersAreCopied, CopiesNeverEnd, ScopesAreIgnored, DraftsNeverExpire, DraftsAreOverwritten, StaleDraftsAreSaved,
	PublishedDraftsStay, RebasingKeepsTheWholeDraft, ActivationIsByTheRule, AdoptionJoins, InactiveGroupsShowMembers, UnfreezingMoves,
	SchedulesAreIgnored, AssignmentsDoNotWait, RegistrationWaits, NothingIsHeld, PublicationsAreHeld, HeldGroupsLoseTheDeactivated,
	StalePlansAreApproved, FilesAreAlwaysImported, AssignmentsAreMadeAnew, ExcludedUsersAreAssigned, EligibleUsersAreTakenOut,
	UnassignedUsersRejoin, TheFeedRemembers, ForgettingIsNotTold,
	oracle.RuleBeatsAssignment, oracle.DropAutomaticDropsAll, oracle.UntilIsInclusive, oracle.AbsenceClearsTheBit,
	oracle.UnknownClearsTheBit, oracle.FrozenFollowsTheRule, oracle.UnknownStatusIsActive,
}

// A Host is how the store is seen by the desk and the evaluator.
type Host func(groups.Store) groups.Store

// Plainly sees it as it is.
func Plainly(s groups.Store) groups.Store { return s }

// losing is a store that keeps something else than it is given.
type losing struct {
	groups.Store
	alter func(*groups.Commit)
}

// Apply keeps what is left of a commit.
func (s losing) Apply(ctx context.Context, c groups.Commit) error {
	c.Writes = slices.Clone(c.Writes)
	s.alter(&c)
	return s.Store.Apply(ctx, c)
}

func loses(alter func(*groups.Commit)) Host {
	return func(s groups.Store) groups.Store { return losing{s, alter} }
}

// loseOf alters each write.
func loseOf(alter func(*groups.Write)) Host {
	return loses(func(c *groups.Commit) {
		for i := range c.Writes {
			alter(&c.Writes[i])
		}
	})
}

const (
	unwrittenDecisions = "taking an assignment away is not written down"
	unwrittenApprovals = "who approved is not written down"
)

// hosts are stores, or desks over stores, that lose something which only a history can tell.
var hosts = map[string]Host{
	"switches are not told": loseOf(func(w *groups.Write) {
		w.Changes = slices.DeleteFunc(slices.Clone(w.Changes), func(c groups.Change) bool { return c.Kind == groups.Switched })
	}),
	unwrittenDecisions: loses(func(c *groups.Commit) {
		c.Acts = slices.DeleteFunc(slices.Clone(c.Acts), func(a groups.Act) bool { return a.Do == "unassign" })
	}),
	unwrittenApprovals: loses(func(c *groups.Commit) {
		c.Acts = slices.DeleteFunc(slices.Clone(c.Acts), func(a groups.Act) bool { return a.Do == "approve" })
	}),
	"a publication saves and leaves the members": loseOf(func(w *groups.Write) {
		if w.Save != nil {
			w.Standings, w.Changes = nil, nil
		}
	}),
	"held plans are not kept": loses(func(c *groups.Commit) {
		c.Notes = slices.DeleteFunc(slices.Clone(c.Notes), func(n groups.Note) bool { return n.Kind == groups.NoteHeld })
	}),
	"versions are not kept": loses(func(c *groups.Commit) {
		c.Notes = slices.DeleteFunc(slices.Clone(c.Notes), func(n groups.Note) bool { return n.Kind == groups.NoteVersion })
	}),
	"changes are told without their cause": loseOf(func(w *groups.Write) {
		w.Changes = slices.Clone(w.Changes)
		for i := range w.Changes {
			w.Changes[i].Cause = "rule"
		}
	}),
	"assignments are kept without their end": loseOf(func(w *groups.Write) {
		w.Standings = slices.Clone(w.Standings)
		for i, st := range w.Standings {
			if st.Assignment != nil {
				a := *st.Assignment
				a.Until = time.Time{}
				w.Standings[i].Assignment = &a
			}
		}
	}),
	"bits of those who are out are not kept": loseOf(func(w *groups.Write) {
		w.Standings = slices.Clone(w.Standings)
		for i, st := range w.Standings {
			if st.Population == groups.Outside {
				w.Standings[i].Automatic = false
			}
		}
	}),
	"changes are told once more": loseOf(func(w *groups.Write) {
		if n := len(w.Changes); n > 2 {
			w.Changes = append(slices.Clone(w.Changes), w.Changes[n-1])
		}
	}),
	"freezing is not kept": loseOf(func(w *groups.Write) {
		if w.Save != nil {
			g := *w.Save
			g.Frozen = false
			w.Save = &g
		}
	}),
}

// often are the acts that a history has to be full of to tell some mutants soon; for the others any history will do.
var often = map[string][]string{
	string(ForgettingIsNotTold):          {"forget"},
	string(TheFeedRemembers):             {"forget"},
	string(AutomaticMembersAreCopied):    {"duplicate"},
	string(CopiesNeverEnd):               {"assign", "duplicate"},
	string(RegistrationWaits):            {"register oneself", "preview a schedule", "publish"},
	string(UnfreezingMoves):              {"freeze", "unfreeze", "a department moves"},
	string(DraftsNeverExpire):            {"save a draft", "time passes"},
	string(DraftsAreOverwritten):         {"save a draft", "save a draft again"},
	string(RebasingKeepsTheWholeDraft):   {"a draft is overtaken"},
	string(StalePlansArePublished):       {"preview", "a department moves", "publish"},
	string(StalePlansAreApproved):        {"a department moves", "approve"},
	string(PublicationsAreHeld):          {"a department moves", "preview and publish"},
	string(HeldGroupsLoseTheDeactivated): {"a department moves", "deactivate or reactivate"},
	string(FilesAreAlwaysImported):       {"import a file of people"},
	string(VersionsAreKeptForEver):       {"rewrite a rule"},
	string(UnassignedUsersRejoin):        {"switch to manual", "remove manual assignments"},
	string(oracle.UntilIsInclusive):      {"assign", "time passes"},
	unwrittenApprovals:                   {"a department moves", "approve"},
	unwrittenDecisions:                   {"assign", "remove manual assignments"},
}

// Mutants are all that must be noticed, by name: how the page is read, and how the store is seen.
func Mutants() map[string]Reading {
	all := map[string]Reading{}
	for _, d := range misreadings {
		all[string(d)] = Reading{Defects: []oracle.Defect{d}, Host: Plainly, often: often[string(d)]}
	}
	for name, h := range hosts {
		all[name] = Reading{Host: h, often: often[name]}
	}
	return all
}

// A Reading is a page and a host, right or wrong.
type Reading struct {
	Defects []oracle.Defect
	Host    Host

	often []string
}
