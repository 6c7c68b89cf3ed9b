package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// told is the LMS as it is when the story is over.
func told(t *testing.T, w io.Writer) *lms {
	t.Helper()
	l, err := tell(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheStory(t *testing.T) {
	var out bytes.Buffer
	told(t, &out)
	golden := filepath.Join("testdata", "story.txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("differs from %s; if that is meant, run with UPDATE=1:\n%s", golden, out.String())
	}
	var again bytes.Buffer
	told(t, &again)
	if again.String() != out.String() {
		t.Error("told twice, it is another story")
	}
}

// changes is the whole feed.
func changes(t *testing.T, l *lms) (all []groups.Change) {
	t.Helper()
	for c, err := range l.store.Changes(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// everybody is everyone the LMS knows anything of.
func everybody(t *testing.T, l *lms) []groups.UserID {
	t.Helper()
	all := map[groups.UserID]bool{}
	for u, err := range l.people.Users(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		all[u.ID] = true
	}
	for u := range l.effects.index {
		all[u] = true
	}
	for u := range l.effects.enrollments.records {
		all[u] = true
	}
	for _, n := range l.effects.outbox {
		all[n.user] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// state is what memberships have done, a line for each user; when a course was completed is not
// theirs.
func (e *effects) state() string {
	users := map[groups.UserID]bool{}
	for u := range e.index {
		users[u] = true
	}
	for u := range e.enrollments.records {
		users[u] = true
	}
	var b strings.Builder
	for _, u := range slices.Sorted(maps.Keys(users)) {
		fmt.Fprintf(&b, "%s sees %v", u, slices.Sorted(maps.Keys(e.index[u])))
		for _, course := range e.enrollments.courses(u) {
			fmt.Fprintf(&b, "; %s since %s", course, e.enrollments.records[u][course].since)
		}
		b.WriteString("\n")
	}
	fmt.Fprintln(&b, e.outbox)
	return b.String()
}

// A new LMS that is fed the changes from the beginning is as this one is.
func TestTheFeedReplayedGivesTheEffects(t *testing.T) {
	l := told(t, io.Discard)
	fresh := &worker{feed: l.store, effects: newEffects(l.effects.rules)}
	if _, _, err := fresh.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := fresh.effects.state(), l.effects.state(); got != want {
		t.Errorf("replayed\n%s\nthe LMS\n%s", got, want)
	}
}

// The same from the feed alone, without the code of the worker.
func TestWhoIsEnrolledVisibleAndNotified(t *testing.T) {
	l := told(t, io.Discard)
	feed := changes(t, l)
	for _, u := range everybody(t, l) {
		in, ever := map[groups.GroupID]bool{}, map[groups.GroupID]bool{}
		var joins []groups.GroupID
		for _, c := range feed {
			switch {
			case c.User != u:
			case c.Kind == groups.Joined:
				in[c.Group], ever[c.Group] = true, true
				joins = append(joins, c.Group)
			case c.Kind == groups.Left:
				delete(in, c.Group)
			}
		}
		if got := l.effects.index[u]; !maps.Equal(got, in) {
			t.Errorf("%s is seen in %v, and by the feed in %v", u, got, in)
		}
		courses := map[string]bool{}
		for g := range ever {
			for _, course := range l.effects.rules[g] {
				courses[course] = true
			}
		}
		if got, want := l.effects.enrollments.courses(u), slices.Sorted(maps.Keys(courses)); !slices.Equal(got, want) {
			t.Errorf("%s is enrolled in %v, and by the feed in %v", u, got, want)
		}
		var sent []groups.GroupID
		for _, n := range l.effects.outbox {
			if n.user == u {
				sent = append(sent, n.group)
			}
		}
		if !slices.Equal(sent, joins) {
			t.Errorf("%s was written to about %v, and joined %v", u, sent, joins)
		}
	}
	// By hand: whoever was a technician or inspector, Wim, and Nils for two hours, are enrolled for good.
	want := map[string]string{
		ladder:  "u01 u02 u03 u04 u05 u06 u07 u08 u09 u10 u11 u12 u13 u14 u22 u23",
		rescue:  "u01 u03",
		welcome: "u10 u30",
	}
	for course, users := range want {
		var in []string
		for _, u := range everybody(t, l) {
			if slices.Contains(l.effects.enrollments.courses(u), course) {
				in = append(in, string(u))
			}
		}
		if got := strings.Join(in, " "); got != users {
			t.Errorf("in %s are %s, want %s", course, got, users)
		}
	}
}

// What the feed has told others is what the library answers itself, by user and by group.
func TestTheIndexIsTheMembership(t *testing.T) {
	l := told(t, io.Discard)
	byGroup := index{}
	for g := range l.catalogue {
		for m, err := range l.ev.Members(t.Context(), g) {
			if err != nil {
				t.Fatal(err)
			}
			byGroup.grant(m.User, g)
		}
	}
	for _, u := range everybody(t, l) {
		in := map[groups.GroupID]bool{}
		for st, err := range l.ev.GroupsOf(t.Context(), u) {
			if err != nil {
				t.Fatal(err)
			}
			in[st.Group] = true
		}
		if !maps.Equal(in, l.effects.index[u]) || !maps.Equal(in, byGroup[u]) {
			t.Errorf("%s is in %v, by group in %v, in the index in %v", u, in, byGroup[u], l.effects.index[u])
		}
	}
}

// From whatever cursor the worker starts again, nothing happens twice; and it is the IDs that see to it.
func TestRedeliveryIsHarmless(t *testing.T) {
	l := told(t, io.Discard)
	before := l.effects.state()
	feed := changes(t, l)
	for i, c := range feed {
		again := &worker{feed: l.store, effects: l.effects, cursor: c.Cursor}
		met, repeated, err := again.run(t.Context())
		if err != nil || met != len(feed)-i-1 || repeated != met {
			t.Fatalf("after change %d: %d met, %d of them again, %v", i, met, repeated, err)
		}
	}
	if got := l.effects.state(); got != before {
		t.Errorf("redelivered\n%s\nbefore\n%s", got, before)
	}
	clear(l.effects.done)
	if _, _, err := (&worker{feed: l.store, effects: l.effects}).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l.effects.state() == before {
		t.Error("without the IDs of the changes it is all the same: this test proves nothing")
	}
}

// A worker that stops in the middle of the feed goes on where it was.
func TestAWorkerMayStopAnywhere(t *testing.T) {
	l := told(t, io.Discard)
	for stop := range changes(t, l) {
		half := &worker{feed: cut{l.store, stop}, effects: newEffects(l.effects.rules)}
		if _, _, err := half.run(t.Context()); err != io.ErrUnexpectedEOF {
			t.Fatal(err)
		}
		half.feed = l.store
		if _, _, err := half.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := half.effects.state(), l.effects.state(); got != want {
			t.Fatalf("stopped after %d changes: got\n%s\nwant\n%s", stop, got, want)
		}
	}
}

// cut is a feed that fails after n changes.
type cut struct {
	feed
	n int
}

func (c cut) Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
	return func(yield func(groups.Change, error) bool) {
		n := 0
		for change, err := range c.feed.Changes(ctx, after) {
			if n == c.n {
				yield(groups.Change{}, io.ErrUnexpectedEOF)
				return
			}
			if n++; !yield(change, err) {
				return
			}
		}
	}
}

// Nothing is left of whoever was forgotten.
func TestNothingIsLeftOfTheForgotten(t *testing.T) {
	const zeno = "u26"
	l := told(t, io.Discard)
	if slices.Contains(everybody(t, l), zeno) {
		t.Error("the LMS still knows something")
	}
	for _, c := range changes(t, l) {
		if c.User == zeno {
			t.Errorf("the feed still has %v", c)
		}
	}
	for st, err := range l.store.StandingsOf(t.Context(), zeno) {
		t.Errorf("the store still has %v, %v", st, err)
	}
	acts := 0
	for act, err := range l.store.Acts(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if acts++; act.By == "" || act.At.IsZero() || act.User == zeno || strings.Contains(fmt.Sprintf("%+v %s %s", act, act.Before, act.After), `"`+zeno+`"`) {
			t.Errorf("the audit has %+v", act)
		}
	}
	if acts == 0 {
		t.Error("no audit")
	}
}

// Once all is done there is nothing left to do.
func TestTheStorySettles(t *testing.T) {
	l := told(t, io.Discard)
	run, err := l.ev.Process(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !run.Empty() || len(run.Held) > 0 {
		t.Errorf("processing again changes %v, and holds %v", run.Changes(), run.Held)
	}
}

// The wrapper keeps the contracts of what it stands for: its version is another one after every change.
func TestTheVersionTellsOfEnrollments(t *testing.T) {
	l := newLMS(monday)
	if err := l.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := l.planImport(t.Context(), peopleCSV)
	if err != nil {
		t.Fatal(err)
	}
	l.effects.enrollments.enroll("u01", ladder, l.now)
	if _, err := l.importPlanned(t.Context(), plan, "hr"); err == nil {
		t.Error("a plan from before an enrollment was written")
	}
	if plan, err = l.planImport(t.Context(), peopleCSV); err != nil {
		t.Fatal(err)
	}
	if _, err := l.importPlanned(t.Context(), plan, "hr"); err != nil {
		t.Error(err)
	}
}

// An LMS that stops between the people and the groups of a file makes up for it, for those who are new and whose
// records it has already as well.
func TestAnImportThatBreaksOffIsMadeUpFor(t *testing.T) {
	ctx := t.Context()
	l := told(t, io.Discard)
	const yara = "u31"
	if _, err := l.complete(ctx, yara, ladder); err != nil { // before personnel knows of her
		t.Fatal(err)
	}
	file := strings.NewReplacer("Turbine technician", "Operative II").Replace(moved) + yara + ",Yara Moss,yara@brookside.example,Buyer,Lund,2026-03-06\n"
	plan, err := l.planImport(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	ev := l.ev
	l.ev = groups.NewEvaluator(l.people, lost{l.store}, &groups.Options{Now: func() time.Time { return l.now }})
	if _, err := l.importPlanned(ctx, plan, "hr feed"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("the groups were written: %v", err)
	}
	l.ev = ev
	if _, _, err := l.settle(ctx); err != nil {
		t.Fatal(err)
	}
	for _, g := range []groups.GroupID{"certified", "petras"} {
		if in, err := l.ev.IsMember(ctx, g, yara); err != nil || !in || !l.effects.index[yara][g] {
			t.Errorf("in %s: %v, in the index: %v (%v)", g, in, l.effects.index[yara], err)
		}
	}
}

// lost is a store whose connection is lost when it is to write.
type lost struct{ groups.Store }

func (lost) Apply(context.Context, groups.Commit) error { return io.ErrUnexpectedEOF }
