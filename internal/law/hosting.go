package law

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// ProcessIsThePage: processing writes for everybody, in every group, what DESIGN.md naively read makes of the facts,
// and tells it.
var ProcessIsThePage = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{}.Tenant(t)
		page := NewModel()
		return first(
			func() error { return page.Load(tenant) },
			func() error { return h.Load(tenant) },
			func() error { return SameRun("process", h, page, tenant) },
		)
	},
	Mutants: []oracle.Defect{
		oracle.RuleBeatsAssignment, oracle.PolicyIsIgnored, oracle.DropAutomaticDropsAll, oracle.ExclusionBeatsAssignment,
		oracle.UntilIsInclusive, oracle.AbsenceClearsTheBit, oracle.PolicyClearsTheBit, oracle.UnknownClearsTheBit,
		oracle.FrozenFollowsTheRule, oracle.FreezingSheltersDeactivated, oracle.UnknownStatusIsActive, oracle.UndecidedIsOut,
		oracle.InactiveGroupHasNobody, oracle.GroupsAreReadAsWritten, oracle.InactiveKeepsMembers, oracle.AbsenceForgetsAll,
		oracle.UnknownIsNo,
	},
}

// SameRun processes all groups on both hosts and returns an error if they tell or keep different things.
func SameRun(what string, h Host, page *Model, t oracle.Tenant) error {
	got, err := h.Process()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	want, err := page.Process()
	if err != nil {
		return err
	}
	if diff := cmp.Diff(want.Moves, got.Moves); diff != "" {
		return fmt.Errorf("%s tells other moves (-want +got):\n%s%s", what, diff, Describe(t))
	}
	if diff := cmp.Diff(want.Undecided, got.Undecided); diff != "" {
		return fmt.Errorf("%s: others are undecided (-want +got):\n%s%s", what, diff, Describe(t))
	}
	return Same(what, h, page, t)
}

// Same returns an error if what two hosts have stored differs, or the membership that they show.
func Same(what string, h, page Host, t oracle.Tenant) error {
	got, err := h.Stored()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	want, err := page.Stored()
	if err != nil {
		return err
	}
	if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
		return fmt.Errorf("%s keeps something else (-want +got):\n%s%s", what, diff, Describe(t))
	}
	shown, err := h.Members()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	members, err := page.Members()
	if err != nil {
		return err
	}
	if diff := cmp.Diff(members, shown); diff != "" {
		return fmt.Errorf("%s shows other members (-want +got):\n%s%s", what, diff, Describe(t))
	}
	return nil
}

// kept is what the page fixes of a standing.
type kept struct {
	Automatic          bool
	Population, Member groups.Method
	Undecided          bool
	Assigned           bool
	Until              time.Time
	Excluded           bool
}

func plain(s oracle.Stored) map[Place]kept {
	out := map[Place]kept{}
	for g, m := range s {
		for u, st := range m {
			k := kept{st.Automatic, st.Population, st.Member, st.Undecided, st.Assignment != nil, time.Time{}, st.Exclusion != nil}
			if st.Assignment != nil {
				k.Until = st.Assignment.Until.UTC()
			}
			if k != (kept{}) { // who is only undecided is kept for the readers of the group
				out[Place{g, u}] = k
			}
		}
	}
	return out
}

// first runs steps until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// ProcessingSettles: a second run finds nothing to do.
var ProcessingSettles = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		if err := h.Load(Drawn{}.Tenant(t)); err != nil {
			return err
		}
		if _, err := h.Process(); err != nil {
			return err
		}
		before, err := h.Stored()
		if err != nil {
			return err
		}
		again, err := h.Process()
		if err != nil {
			return err
		}
		after, err := h.Stored()
		if diff := cmp.Diff(plain(before), plain(after)); len(again.Moves) > 0 || diff != "" {
			return fmt.Errorf("not settled: %v\n%s", again.Moves, diff)
		}
		return err
	},
	Mutants: []oracle.Defect{oracle.RunsNeverSettle},
}

// PreviewWritesNothing: and processing right afterwards gives exactly what was previewed.
var PreviewWritesNothing = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		if err := h.Load(Drawn{}.Tenant(t)); err != nil {
			return err
		}
		before, err := snapshot(h)
		if err != nil {
			return err
		}
		seen, err := h.Preview()
		if err != nil {
			return err
		}
		after, err := snapshot(h)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(before, after); diff != "" {
			return fmt.Errorf("a preview wrote:\n%s", diff)
		}
		done, err := h.Process()
		if diff := cmp.Diff(seen.Moves, done.Moves); diff != "" {
			return fmt.Errorf("processed is not what was previewed:\n%s", diff)
		}
		return err
	},
	Mutants: []oracle.Defect{oracle.PreviewWrites},
}

// everything is all that a host keeps.
type everything struct {
	Stored      map[Place]kept
	Definitions []string
	Changes     int
}

func snapshot(h Host) (everything, error) {
	stored, err := h.Stored()
	if err != nil {
		return everything{}, err
	}
	feed, err := h.Feed()
	if err != nil {
		return everything{}, err
	}
	definitions, err := definitions(h)
	return everything{plain(stored), definitions, len(feed)}, err
}

// definitions are the groups in a form that can be compared.
func definitions(h Host) ([]string, error) {
	list, err := h.Definitions()
	out := make([]string, len(list))
	for i, g := range list {
		out[i] = fmt.Sprintf("%+v", g)
	}
	return out, err
}

// AUserAlone equals that user in the whole: telling of one changed user comes to the same as a run over everybody.
var AUserAlone = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{}.Tenant(t)
		page := NewModel()
		if err := first(
			func() error { return page.Load(tenant) },
			func() error { return h.Load(tenant) },
			func() error { return SameRun("process", h, page, tenant) },
		); err != nil {
			return err
		}
		who := anyone(t, tenant.World).ID
		people := slices.Clone(tenant.Users)
		i := slices.IndexFunc(people, func(u groups.User) bool { return u.ID == who })
		if people[i] = (Drawn{}).User(t, who, tenant.Now, len(people)); chance(t, "removed", 20) {
			people = slices.Delete(people, i, i+1)
		}
		touched := Touched{Users: []groups.UserID{who}}
		return first(
			func() error { return page.People(people, tenant.Units, touched) },
			func() error { return h.People(people, tenant.Units, touched) },
			func() error { _, err := h.Changed(touched); return err },
			func() error { _, err := page.Process(); return err },
			func() error { return Same("telling of "+string(who), h, page, page.Tenant()) },
		)
	},
	Mutants: []oracle.Defect{oracle.UserAloneIsNobody, oracle.ChangedSkipsTheLine},
}

// ProcessingKnowsNoOrder: neither that of the people, nor that of the units, nor that in which groups were saved.
var ProcessingKnowsNoOrder = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{}.Tenant(t)
		page := NewModel()
		if err := page.Load(tenant); err != nil {
			return err
		}
		mixed := tenant
		mixed.Users, mixed.Units = shuffled(t, tenant.Users), shuffled(t, tenant.Units)
		mixed.Groups = shuffled(t, tenant.Groups)
		if err := h.Load(mixed); err != nil {
			return err
		}
		return SameRun("in another order", h, page, tenant)
	},
	Mutants: []oracle.Defect{oracle.GroupsInOrderOfSaving},
}

// NoDeactivatedMemberIsLeft under a Drop policy, but for those assigned under DropAutomatic; freezing shelters nobody.
var NoDeactivatedMemberIsLeft = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{}.Tenant(t)
		if err := h.Load(tenant); err != nil {
			return err
		}
		if _, err := h.Process(); err != nil {
			return err
		}
		members, err := h.Members()
		if err != nil {
			return err
		}
		for _, g := range tenant.Groups {
			for u, m := range members[g.ID] {
				who, _ := tenant.User(u)
				if who.Activation == groups.Deactivated && (g.Deactivated == groups.DropAll || g.Deactivated == groups.DropAutomatic && m == groups.Automatic) {
					return fmt.Errorf("%s is deactivated and %v in %+v", u, m, g)
				}
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.PolicyIsIgnored, oracle.FreezingSheltersDeactivated},
}

// WhoComesBack is as they were: after a deactivation, or an absence, everything about the user is what it was before,
// whatever runs there were meanwhile.
var WhoComesBack = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{NoGroups: true, NoPeople: true}.Tenant(t) // whose rules do not ask for status
		if err := h.Load(tenant); err != nil {
			return err
		}
		if _, err := h.Process(); err != nil {
			return err
		}
		before, err := h.Stored()
		if err != nil {
			return err
		}
		who := anyone(t, tenant.World)
		gone := slices.Clone(tenant.Users)
		i := slices.IndexFunc(gone, func(u groups.User) bool { return u.ID == who.ID })
		if gone[i].Activation = groups.Deactivated; chance(t, "removed", 50) {
			gone = slices.Delete(gone, i, i+1)
		}
		touched := Touched{Users: []groups.UserID{who.ID}}
		for _, people := range [][]groups.User{gone, tenant.Users} {
			if err := h.People(people, tenant.Units, touched); err != nil {
				return err
			}
			if _, err := h.Process(); err != nil {
				return err
			}
		}
		after, err := h.Stored()
		if err != nil {
			return err
		}
		only := func(s oracle.Stored) map[Place]kept {
			out := plain(s)
			maps.DeleteFunc(out, func(p Place, _ kept) bool { return p.User != who.ID })
			return out
		}
		if who.Activation == groups.ActivationUnknown {
			return nil // who was as they were because nobody could say is, afterwards, as they were meanwhile
		}
		if diff := cmp.Diff(only(before), only(after)); diff != "" {
			return fmt.Errorf("%s came back (-before +after):\n%s%s", who.ID, diff, Describe(tenant))
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.AbsenceClearsTheBit, oracle.PolicyClearsTheBit, oracle.AbsenceForgetsAll},
}

// UploadsLeaveDefinitions: an upload of people never changes a group's definition.
var UploadsLeaveDefinitions = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{}.Tenant(t)
		if err := h.Load(tenant); err != nil {
			return err
		}
		before, err := definitions(h)
		if err != nil {
			return err
		}
		other := Drawn{}.World(t)
		if err := h.People(other.Users, other.Units, Touched{}); err != nil {
			return err
		}
		if _, err := h.Process(); err != nil {
			return err
		}
		after, err := definitions(h)
		if diff := cmp.Diff(before, after); diff != "" {
			return fmt.Errorf("an upload of people changed groups:\n%s", diff)
		}
		return err
	},
	Mutants: []oracle.Defect{oracle.UploadsResetDefinitions},
}

// NothingMovesBeforeNext: until the instant that a run names, another run moves nobody.
var NothingMovesBeforeNext = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{}.Tenant(t)
		if err := h.Load(tenant); err != nil {
			return err
		}
		r, err := h.Process()
		if err != nil {
			return err
		}
		for _, at := range samples(t, tenant.Now, r.Next) {
			if !r.Next.IsZero() && !at.Before(r.Next) {
				continue
			}
			h.Clock(at)
			later, err := h.Preview()
			if err != nil {
				return err
			}
			if len(later.Moves) > 0 {
				return fmt.Errorf("processed at %v, next is %v, but at %v: %v\n%s", tenant.Now, r.Next, at, later.Moves, Describe(tenant))
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.NextIsNever},
}

// Replayed returns an error if the changes of a host's feed, applied one after the other to nobody, do not give the
// membership, or if one of them starts from what was not so.
func Replayed(h Host) error {
	feed, err := h.Feed()
	if err != nil {
		return err
	}
	forgotten := map[groups.UserID]bool{} // whose earlier changes are gone from the feed
	for _, c := range feed {
		if c.Cause == "forgotten" {
			forgotten[c.User] = true
		}
	}
	replay := map[Place]groups.Method{}
	for i, c := range feed {
		p := Place{c.Group, c.User}
		if replay[p] != c.Before && !forgotten[c.User] {
			return fmt.Errorf("change %d of the feed, %+v, starts from %v", i, c, replay[p])
		}
		if kindOf(c.Before, c.After) != c.Kind || c.Before == c.After {
			return fmt.Errorf("change %d of the feed, %+v, is of another kind", i, c)
		}
		if replay[p] = c.After; c.After == groups.Outside {
			delete(replay, p)
		}
	}
	members, err := h.Members()
	if err != nil {
		return err
	}
	shown := map[Place]groups.Method{}
	for g, m := range members {
		for u, method := range m {
			shown[Place{g, u}] = method
		}
	}
	if diff := cmp.Diff(shown, replay); diff != "" {
		return fmt.Errorf("the feed does not give the membership (-members +replayed):\n%s", diff)
	}
	return nil
}

// TheFeedGivesTheMembership: the changes of all runs, replayed from the first, give the membership.
var TheFeedGivesTheMembership = Law[Host]{
	Holds: func(t *rapid.T, h Host) error {
		tenant := Drawn{}.Tenant(t)
		tenant.Stored, tenant.Live = oracle.Stored{}, nil
		if err := h.Load(tenant); err != nil {
			return err
		}
		for range rapid.IntRange(1, 3).Draw(t, "runs") {
			if _, err := h.Process(); err != nil {
				return err
			}
			if err := Replayed(h); err != nil {
				return err
			}
			g := tenant.Groups[rapid.IntRange(0, len(tenant.Groups)-1).Draw(t, "group")]
			g.Status = draw(t, "status", groups.Active, groups.Inactive)
			if err := h.Save(g); err != nil {
				return err
			}
			users := slices.Clone(tenant.Users)
			for i := range users {
				if chance(t, "altered", 40) {
					users[i] = Drawn{}.User(t, users[i].ID, tenant.Now, len(users))
				}
			}
			if err := h.People(users, tenant.Units, Touched{}); err != nil {
				return err
			}
			if err := h.Assign(g.ID, anyone(t, tenant.World).ID, time.Time{}); err != nil {
				return err
			}
		}
		if _, err := h.Process(); err != nil {
			return err
		}
		return Replayed(h)
	},
	Mutants: []oracle.Defect{oracle.SwitchesAreNotFed},
}

// CapabilitiesChangeNothing: two hosts, one of which may do less, tell and keep the same.
var CapabilitiesChangeNothing = Law[[2]Host]{
	Holds: func(t *rapid.T, pair [2]Host) error {
		tenant := Drawn{}.Tenant(t)
		users := slices.Clone(tenant.Users)
		i := rapid.IntRange(0, len(users)-1).Draw(t, "who")
		users[i] = Drawn{}.User(t, users[i].ID, tenant.Now, len(users))
		touched := Touched{Users: []groups.UserID{users[i].ID}}
		var whole, change [2]Report
		for n, h := range pair {
			if err := first(
				func() error { return h.Load(tenant) },
				func() (err error) { whole[n], err = h.Process(); return err },
				func() error { return h.People(users, tenant.Units, touched) },
				func() (err error) { change[n], err = h.Changed(touched); return err },
			); err != nil {
				return err
			}
		}
		if diff := cmp.Diff(whole[0].Moves, whole[1].Moves); diff != "" {
			return fmt.Errorf("they tell of other moves:\n%s%s", diff, Describe(tenant))
		}
		if diff := cmp.Diff(change[0].Moves, change[1].Moves); diff != "" {
			return fmt.Errorf("of a changed user they tell of other moves:\n%s%s", diff, Describe(tenant))
		}
		return Same("one", pair[0], pair[1], tenant)
	},
	Mutants: []oracle.Defect{oracle.ChangedSkipsTheLine},
}
