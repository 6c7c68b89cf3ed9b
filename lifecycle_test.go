package groups_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// This file asks for every combination of what is stored about a user in a group, of how both are and of
// what happens, and compares what comes of it with testdata/lifecycle.txt, which is written from the
// product pages and not from the code.

// A lifeDomain is a column of facts with its words, one of lifeDomains. A dash is for who is absent: nothing
// more is known of them.
type lifeDomain struct {
	column string
	words  []string
}

func lifeDomains() (all []lifeDomain) {
	for _, line := range []string{
		"event run changed named saved published adopted assigned unassigned excluded readmitted registered forgotten deleted",
		"guard off holds held",
		"exclusions off on",
		// The group.
		"kind manual automatic",
		"status inactive active",
		"was inactive active",
		"frozen no yes",
		"schedule none waiting due",
		"policy keep dropAutomatic dropAll",
		// The user.
		"presence present absent",
		"activation - active deactivated unknown",
		"expiry - current expired",
		"verdict - Yes No Unknown",
		// What is stored about the user in the group.
		"assigned no running ended",
		"excluded no yes",
		"stored clear set",
		"doubted no yes",
		"before out manual automatic",
		"shown out manual automatic", // before, or out while the group was inactive
	} {
		words := strings.Fields(line)
		all = append(all, lifeDomain{words[0], words[1:]})
	}
	return all
}

// lifeFacts are the words of some columns.
type lifeFacts map[string]string

// with is the facts and others.
func (f lifeFacts) with(others lifeFacts) lifeFacts {
	all := maps.Clone(f)
	maps.Copy(all, others)
	return all
}

// lifeCross is every combination of the words of the columns from one to another; only says which words of
// a column are wanted where it is not all.
func lifeCross(from, to string, only lifeFacts) []lifeFacts {
	all := []lifeFacts{{}}
	domains := lifeDomains()
	index := func(column string) int {
		return slices.IndexFunc(domains, func(d lifeDomain) bool { return d.column == column })
	}
	for _, d := range domains[index(from) : index(to)+1] {
		words := d.words
		if wanted, is := only[d.column]; is {
			words = strings.Split(wanted, "|")
		}
		var more []lifeFacts
		for _, f := range all {
			for _, w := range words {
				more = append(more, f.with(lifeFacts{d.column: w}))
			}
		}
		all = more
	}
	return all
}

// A lifeWorld is a tenant in which one event happens to each of the users in each of the groups.
type lifeWorld struct {
	event, guard, exclusions string
	users, groups            []lifeFacts
}

// lifeWorlds are all facts in all states under a run, and under the other events as far as they can matter
// there. What an act of a person brings is a fact when it is decided.
func lifeWorlds() (all []lifeWorld) {
	add := func(event, guards, exclusions string, only lifeFacts) {
		users := slices.DeleteFunc(lifeCross("presence", "before", only), func(u lifeFacts) bool {
			absent := u["presence"] == "absent"
			return absent != (u["activation"] == "-") || absent != (u["expiry"] == "-") || absent != (u["verdict"] == "-")
		})
		// Few groups a world: an act about one user reads all that is stored about them.
		for list := range slices.Chunk(lifeCross("kind", "policy", only), 8) {
			for guard := range strings.SplitSeq(guards, "|") {
				here := slices.DeleteFunc(slices.Clone(list), func(g lifeFacts) bool {
					return guard == "held" && g["was"] == "inactive" // being switched off ends a hold
				})
				for x := range strings.SplitSeq(exclusions, "|") {
					all = append(all, lifeWorld{event, guard, x, users, here})
				}
			}
		}
	}
	run := lifeFacts{"doubted": "no"}
	add("run", "off", "on", run)
	run = run.with(lifeFacts{"expiry": "-|current"})
	add("run", "off", "off", run)
	add("run", "holds", "off|on", run)
	add("changed", "off|holds", "on", run.with(lifeFacts{"schedule": "none|waiting", "policy": "keep|dropAll", "doubted": "no|yes"}))
	add("named", "off|holds", "on", run.with(lifeFacts{"schedule": "waiting"}))

	act := run.with(lifeFacts{"schedule": "none|waiting"})
	add("published", "holds", "on", act)
	add("adopted", "holds", "on", act.with(lifeFacts{"status": "active"}))
	few := act.with(lifeFacts{"policy": "dropAutomatic"})
	add("saved", "holds", "on", few)
	gone := few.with(lifeFacts{"frozen": "no", "doubted": "no|yes"})
	add("forgotten", "holds", "on", gone)
	add("deleted", "holds", "on", gone)

	assigned := act.with(lifeFacts{"assigned": "running"})
	unassigned := act.with(lifeFacts{"assigned": "no"})
	doubted := lifeFacts{"doubted": "no|yes"}
	add("assigned", "off", "off", assigned)
	add("assigned", "held", "on", assigned.with(lifeFacts{"excluded": "no"}).with(doubted)) // others are refused
	add("unassigned", "off", "on", unassigned)
	add("unassigned", "held", "on", unassigned.with(doubted))
	add("excluded", "off|held", "on", unassigned.with(lifeFacts{"excluded": "yes"}).with(doubted))
	add("readmitted", "off|held", "on", unassigned.with(lifeFacts{"excluded": "no"}))
	add("registered", "off", "off", assigned.with(lifeFacts{"kind": "automatic", "schedule": "waiting"}).with(doubted))
	for _, status := range []string{"active", "inactive"} { // elsewhere the first of them has everybody processed
		add("registered", "off", "off", assigned.with(lifeFacts{"status": status, "was": status, "schedule": "none"}))
	}
	return all
}

// lifeNow is the clock of every event.
var lifeNow = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

const lifeField groups.TextField = "in"

var (
	lifeStatuses    = map[string]groups.Status{"active": groups.Active}
	lifeKinds       = map[string]groups.Kind{"automatic": groups.AutomaticGroup}
	lifePolicies    = map[string]groups.Policy{"dropAutomatic": groups.DropAutomatic, "dropAll": groups.DropAll}
	lifeActivations = map[string]groups.Activation{"active": groups.Activated, "deactivated": groups.Deactivated}
	lifeExpiries    = map[string]groups.Expiry{"current": groups.Current, "expired": groups.Expired}
	lifeMethods     = map[string]groups.Method{"manual": groups.Manual, "automatic": groups.Automatic}
	lifeAnswers     = map[groups.Method]string{groups.Outside: "out", groups.Manual: "manual", groups.Automatic: "automatic"}
)

func (f lifeFacts) user(id groups.UserID) groups.User {
	u := groups.User{ID: id, Activation: lifeActivations[f["activation"]], Expiry: lifeExpiries[f["expiry"]], Fields: map[string]groups.Value{}}
	if v := f["verdict"]; v != "Unknown" {
		u.Fields["in"] = groups.Text(v)
	}
	return u
}

func (f lifeFacts) group(id groups.GroupID) groups.Group {
	g := groups.Group{
		ID: id, Name: string(id), Kind: lifeKinds[f["kind"]], Status: lifeStatuses[f["status"]], Frozen: f["frozen"] == "yes",
		Deactivated: lifePolicies[f["policy"]], Criteria: groups.AllSets(groups.All(lifeField.Is("Yes"))),
	}
	if f["schedule"] != "none" {
		g.Schedule = groups.Schedule{Every: 24 * time.Hour}
	}
	return g
}

// standing is what is stored about the user before the event.
func (w *lifeWorld) standing(g, u lifeFacts) groups.Standing {
	switch w.event {
	case "assigned", "registered":
		u = u.with(lifeFacts{"assigned": "no"})
	case "unassigned":
		u = u.with(lifeFacts{"assigned": "running"})
	case "excluded":
		u = u.with(lifeFacts{"excluded": "no"})
	case "readmitted":
		u = u.with(lifeFacts{"excluded": "yes"})
	}
	st := groups.Standing{Automatic: u["stored"] == "set", Undecided: u["doubted"] == "yes", Population: lifeMethods[u["before"]]}
	if g["was"] == "active" {
		st.Member = st.Population
	}
	switch u["assigned"] {
	case "running":
		st.Assignment = &groups.Assignment{By: "tutor", At: lifeNow, Until: lifeNow.Add(1)}
	case "ended":
		st.Assignment = &groups.Assignment{By: "tutor", At: lifeNow, Until: lifeNow}
	}
	if u["excluded"] == "yes" {
		st.Exclusion = &groups.Exclusion{By: "tutor", At: lifeNow}
	}
	return st
}

// lifeHost is a lifeWorld come true.
type lifeHost struct {
	*testing.T
	*lifeWorld
	store *groups.Memory
	ev    *groups.Evaluator
	users []groups.UserID
	ids   []groups.GroupID
}

func (h *lifeHost) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatalf("%s: %v", h.event, err)
	}
}

// newLifeHost has the people, and of each group what is stored before the event.
func newLifeHost(t *testing.T, w *lifeWorld) *lifeHost {
	ctx := t.Context()
	h := &lifeHost{T: t, lifeWorld: w, store: groups.NewMemory()}
	guard := &groups.Guard{}
	if w.guard != "off" {
		// One move is too many, and every group has a member who is absent.
		guard.Group = groups.Bounds{Leaves: &groups.Limit{}, Joins: &groups.Limit{}}
	}
	h.ev = groups.NewEvaluator(h.store, h.store, &groups.Options{
		Now: func() time.Time { return lifeNow }, Guard: guard, Exclusions: w.exclusions == "on",
	})
	h.must(h.store.Write(ctx, groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{{Name: "in", Type: groups.TypeText}}}}))
	for i, f := range w.groups {
		g := f.group(groups.GroupID(fmt.Sprintf("g%d", i)))
		if w.event == "adopted" {
			g.Status = groups.Inactive
		}
		_, err := h.ev.Save(ctx, g, "admin")
		h.must(err)
		h.ids = append(h.ids, g.ID)
	}
	_, err := h.ev.Process(ctx, h.ids...) // so that nothing is due but what the facts have due
	h.must(err)

	var people []groups.User
	for i, f := range w.users {
		h.users = append(h.users, groups.UserID(fmt.Sprintf("u%04d", i)))
		if f["presence"] == "present" {
			people = append(people, f.user(h.users[i]))
		}
	}
	h.must(h.store.Write(ctx, groups.PeopleChange{Upsert: people}))
	var c groups.Commit
	for i, f := range w.groups {
		g, err := h.store.Group(ctx, h.ids[i])
		h.must(err)
		write := groups.Write{Group: g.ID, Revision: g.Revision, State: &g.State}
		write.State.Live = f["was"] == "active"
		if f["schedule"] == "due" {
			write.State.Processed = lifeNow.Add(-24 * time.Hour)
		}
		if w.guard == "held" {
			write.State.Held = "by an earlier run"
		}
		for k, u := range w.users {
			if st := w.standing(f, u); !st.Blank() {
				st.Group, st.User = g.ID, h.users[k]
				write.Standings = append(write.Standings, st)
			}
		}
		c.Writes = append(c.Writes, write)
	}
	h.must(h.store.Apply(ctx, c))
	return h
}

// happen is the event.
func (h *lifeHost) happen(ctx context.Context) {
	var err error
	switch h.event {
	case "run":
		_, err = h.ev.Process(ctx)
	case "changed":
		_, err = h.ev.Changed(ctx, groups.Touched{Users: h.users})
	case "named":
		_, err = h.ev.Process(ctx, h.ids...)
	case "forgotten":
		for _, u := range h.users {
			h.must(h.ev.Forget(ctx, u, "chief"))
		}
	default:
		for _, id := range h.ids {
			h.happenIn(ctx, id)
		}
	}
	h.must(err)
}

func (h *lifeHost) happenIn(ctx context.Context, id groups.GroupID) {
	g, err := h.store.Group(ctx, id)
	h.must(err)
	switch by := (groups.Decision{By: "tutor"}); h.event {
	case "saved":
		_, err = h.ev.Save(ctx, g, "admin")
	case "published":
		p, previewed := h.ev.Preview(ctx, g, nil)
		h.must(previewed)
		_, err = h.ev.Publish(ctx, p, "admin")
	case "adopted":
		_, err = h.ev.Adopt(ctx, id, g.Revision, "admin")
	case "deleted":
		err = h.ev.Delete(ctx, id, g.Revision, "admin")
	case "assigned":
		_, err = h.ev.Assign(ctx, id, by, h.users...)
	case "unassigned":
		_, err = h.ev.Unassign(ctx, id, "tutor", h.users...)
	case "excluded":
		_, err = h.ev.Exclude(ctx, id, by, h.users...)
	case "readmitted":
		_, err = h.ev.Readmit(ctx, id, "tutor", h.users...)
	case "registered":
		for _, u := range h.users {
			_, err = h.ev.Assign(ctx, id, groups.Decision{By: string(u)}, u)
			h.must(err)
		}
	default:
		h.Fatalf("nobody knows how %s happens", h.event)
	}
	h.must(err)
}

// lifeSeen is what there is of a user in a group after the event. Where people decided nothing, that they
// did is remembered as well as not.
func lifeSeen(st groups.Standing, changes []groups.Change, u lifeFacts, want lifeOutcome) lifeOutcome {
	seen := lifeOutcome{
		bit: "clear", undecided: "no", population: lifeAnswers[st.Population], membership: lifeAnswers[st.Member],
		remembered: "yes", change: "none", cause: "none",
	}
	if st.Automatic {
		seen.bit = "set"
	}
	if st.Undecided {
		seen.undecided = "yes"
	}
	assigned, excluded := u["assigned"] != "no", u["excluded"] == "yes"
	switch {
	case (st.Assignment != nil) != assigned, (st.Exclusion != nil) != excluded:
		seen.remembered = "no"
	case !assigned && !excluded:
		seen.remembered = want.remembered
	}
	for i, c := range changes {
		if i > 0 || lifeAnswers[c.After] != seen.membership {
			seen.change = "several"
			break
		}
		seen.change, seen.cause = c.Kind.String(), string(c.Cause)
	}
	return seen
}

func TestEveryUserInEveryGroupIsAsThePagesSay(t *testing.T) {
	ctx := t.Context()
	b := readLifeBook(t, lifeDomains())
	presence, before, shown, out := b.column("presence"), b.column("before"), b.column("shown"), b.word("out")
	type place struct {
		group groups.GroupID
		user  groups.UserID
	}
	cases, wrong := 0, map[string]int{}
	for _, w := range lifeWorlds() {
		h := newLifeHost(t, &w)
		h.happen(ctx)
		feed := map[place][]groups.Change{}
		for c, err := range h.store.Changes(ctx, "") {
			h.must(err)
			at := place{c.Group, c.User}
			feed[at] = append(feed[at], c)
		}
		users := make([]lifeCase, len(w.users))
		for k, u := range w.users {
			b.set(&users[k], u)
		}
		for i, g := range w.groups {
			standings := map[groups.UserID]groups.Standing{}
			for st, err := range h.store.Standings(ctx, h.ids[i], "") {
				h.must(err)
				standings[st.User] = st
			}
			var c lifeCase
			b.set(&c, g.with(lifeFacts{"event": w.event, "guard": w.guard, "exclusions": w.exclusions}))
			for k, u := range w.users {
				copy(c[presence:shown], users[k][presence:shown])
				if c[shown] = out; g["was"] == "active" {
					c[shown] = c[before]
				}
				cases++
				want, rows := b.want(t, &c)
				got := lifeSeen(standings[h.users[k]], feed[place{h.ids[i], h.users[k]}], u, want)
				if got == want {
					continue
				}
				alike := fmt.Sprint(w.event, got, want)
				if wrong[alike]++; wrong[alike] == 1 && len(wrong) <= 10 {
					t.Errorf("%s\ngot  %+v\nwant %+v", b.describe(&c), got, want)
					for _, row := range rows {
						if row != nil {
							t.Log(row.text)
						}
					}
				}
			}
		}
	}
	for _, row := range b.idle() {
		t.Errorf("no case needs %s", row)
	}
	if n := len(wrong); n > 0 {
		t.Errorf("%d kinds of cases are wrong", n)
	}
	t.Logf("%d cases", cases)
}
