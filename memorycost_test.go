package groups_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/grouprules/groups"
)

// memberships are writes that create groups and take some of the users into each, as a first run does,
// without the changes that it brings.
func memberships(groupCount, in int, users []groups.UserID) (create, fill []groups.Write) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range groupCount {
		g := groups.Group{ID: groups.GroupID(fmt.Sprintf("g%05d", i))}
		create = append(create, groups.Write{Group: g.ID, Save: &g})
		w := groups.Write{Group: g.ID, Revision: 1}
		for at, u := range users {
			if r.IntN(len(users)-at) < in-len(w.Standings) {
				w.Standings = append(w.Standings, groups.Standing{Group: g.ID, User: u, Automatic: true, Population: groups.Automatic, Member: groups.Automatic})
			}
		}
		fill = append(fill, w)
	}
	return create, fill
}

// joins puts the changes that the writes bring in the place of their standings.
func joins(writes []groups.Write) {
	for i := range writes {
		w := &writes[i]
		for _, s := range w.Standings {
			w.Changes = append(w.Changes, groups.Change{Group: s.Group, User: s.User, Kind: groups.Joined, After: groups.Automatic, Cause: "rule", At: newYear(), ID: "the ID"})
		}
		w.Standings = nil
	}
}

func numberedUsers(n int) []groups.UserID {
	ids := make([]groups.UserID, n)
	for i := range ids {
		ids[i] = groups.UserID(fmt.Sprintf("p%07d", i))
	}
	return ids
}

// filled is a Memory of those groups and standings.
func filled(tb testing.TB, create, fill []groups.Write) *groups.Memory {
	tb.Helper()
	m := groups.NewMemory()
	for _, writes := range [][]groups.Write{create, fill} {
		if err := m.Apply(tb.Context(), groups.Commit{Writes: writes}); err != nil {
			tb.Fatal(err)
		}
	}
	return m
}

func heap() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// Twenty groups a user cost bytes and not structs, and neither a map nor a pointer for each.
func TestMemoryKeepsAStandingInAFewBytes(t *testing.T) {
	const groupCount, in = 20, 20_000
	create, fill := memberships(groupCount, in, numberedUsers(in))
	before := heap()
	m := filled(t, create, fill)
	each := (float64(heap()) - float64(before)) / groupCount / in
	if each > 20 {
		t.Errorf("%.1f bytes a standing", each)
	}
	runtime.KeepAlive(m)
	runtime.KeepAlive(fill)
}

func TestMemoryAllocatesAFewTimesForASmallWrite(t *testing.T) {
	const groupCount = 100
	create, fill := memberships(groupCount, 5_000, numberedUsers(10_000))
	m := filled(t, create, fill)
	for i := range fill {
		fill[i].Standings = fill[i].Standings[i : i+1]
	}
	allocations := testing.AllocsPerRun(10, func() {
		if err := m.Apply(t.Context(), groups.Commit{Writes: fill}); err != nil {
			t.Error(err)
		}
	})
	if each := allocations / groupCount; each > 6 {
		t.Errorf("%.1f allocations a write", each)
	}
}

func TestToAskWhetherAUserIsAMemberDoesNotAllocate(t *testing.T) {
	users := numberedUsers(300)
	create, fill := memberships(100, 150, users)
	for i := range fill {
		fill[i].Standings[i].Assignment = &groups.Assignment{By: "eve"}
	}
	ev := groups.NewEvaluator(groups.NewMemory(), filled(t, create, fill), nil)
	ctx := t.Context()
	if n := testing.AllocsPerRun(1, func() {
		for i := range create {
			for _, u := range users {
				if _, err := ev.IsMember(ctx, create[i].Group, u); err != nil {
					t.Error(err)
				}
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d pairs", n, len(create)*len(users))
	}
}

func TestMemoryKeepsNoIDOfWhomItForgets(t *testing.T) {
	const people = 2_000
	ctx := t.Context()
	before := heap()
	m := groups.NewMemory()
	if _, err := saveGroup(ctx, m, groups.Group{ID: "g"}); err != nil {
		t.Fatal(err)
	}
	for i := range people {
		id := groups.UserID(fmt.Sprintf("%0250d", i))
		for _, s := range []groups.Standing{{Group: "g", User: id, Automatic: true}, {Group: "g", User: id}} {
			if err := apply(ctx, m, groups.Write{Group: "g", Revision: 1, Standings: []groups.Standing{s}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Apply(ctx, groups.Commit{Forget: id, Alias: "somebody"}); err != nil {
			t.Fatal(err)
		}
	}
	if left := int64(heap()) - int64(before); left > people*100 {
		t.Errorf("%d bytes are left of %d people", left, people)
	}
	runtime.KeepAlive(m)
}

func TestMemoryKeepsNoValueThatNobodyHas(t *testing.T) {
	const people = 500
	ctx, m := t.Context(), groups.NewMemory()
	write := func(c groups.PeopleChange) {
		if err := m.Write(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	write(groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{{Name: "about", Type: groups.TypeText}}}})
	before := heap()
	ids := numberedUsers(people)
	for _, id := range ids {
		about := groups.Text(strings.Repeat(string(id), 1000))
		write(groups.PeopleChange{Upsert: []groups.User{{ID: id, Fields: map[string]groups.Value{"about": about}}}})
		write(groups.PeopleChange{Deactivate: []groups.UserID{id}})
	}
	kept := int64(heap()) - int64(before)
	write(groups.PeopleChange{Remove: ids})
	if left := int64(heap()) - int64(before); left > kept/10 {
		t.Errorf("of %d bytes of %d people %d are left", kept, people, left)
	}
	runtime.KeepAlive(m)
}

// A million standings at once: 100,000 users in ten of 50 groups each. B/standing is what stays, once every
// group was read.
func BenchmarkMemoryFirstRunOfAMillionStandings(b *testing.B) {
	const groupCount, in = 50, 20_000
	create, fill := memberships(groupCount, in, numberedUsers(100_000))
	before := heap()
	var m *groups.Memory
	b.ReportAllocs()
	for b.Loop() {
		m = filled(b, create, fill)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/groupCount/in, "ns/standing")
	for i := range fill {
		for range m.Members(b.Context(), fill[i].Group, "") {
			break
		}
	}
	b.ReportMetric((float64(heap())-float64(before))/groupCount/in, "B/standing")
	runtime.KeepAlive(m)
	runtime.KeepAlive(fill)
}

// B/change is what stays of a change, its ID aside.
func BenchmarkMemoryWriteAMillionChanges(b *testing.B) {
	const groupCount, in = 50, 20_000
	create, fill := memberships(groupCount, in, numberedUsers(100_000))
	joins(fill)
	before := heap()
	var m *groups.Memory
	b.ReportAllocs()
	for b.Loop() {
		m = filled(b, create, fill)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/groupCount/in, "ns/change")
	b.ReportMetric((float64(heap())-float64(before))/groupCount/in, "B/change")
	runtime.KeepAlive(m)
	runtime.KeepAlive(fill)
}

func BenchmarkMemoryReadAMillionChanges(b *testing.B) {
	const groupCount, in = 50, 20_000
	create, fill := memberships(groupCount, in, numberedUsers(100_000))
	joins(fill)
	m := filled(b, create, fill)
	b.ReportAllocs()
	for b.Loop() {
		for range m.Changes(b.Context(), "") {
		}
	}
}

func BenchmarkMemoryReadAGroupOf20000(b *testing.B) {
	create, fill := memberships(10, 20_000, numberedUsers(100_000))
	m := filled(b, create, fill)
	for name, read := range map[string]func() int{
		"members": func() (n int) {
			for range m.Members(b.Context(), "g00005", "") {
				n++
			}
			return n
		},
		"standings": func() (n int) {
			for range m.Standings(b.Context(), "g00005", "") {
				n++
			}
			return n
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := read(); n != 20_000 {
					b.Fatal(n)
				}
			}
		})
	}
}

func BenchmarkMemoryStandingsOfOneUserAmong100000(b *testing.B) {
	users := numberedUsers(100_000)
	create, fill := memberships(100, 20_000, users)
	m := filled(b, create, fill)
	b.ReportAllocs()
	read := 0
	for i := 0; b.Loop(); i++ {
		for range m.StandingsOf(b.Context(), users[i*7919%len(users)]) {
			read++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(read), "ns/standing")
}

// One standing written to a group must not cost more the larger the group is.
func BenchmarkMemoryApplyOneStanding(b *testing.B) {
	users := numberedUsers(1_000_000)
	for _, in := range []int{1_000, 20_000, 1_000_000} {
		b.Run(fmt.Sprint(in), func(b *testing.B) {
			create, fill := memberships(1, in, users[:in])
			m := filled(b, create, fill)
			w := groups.Write{Group: "g00000", Revision: 1, Standings: make([]groups.Standing, 1)}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s := &w.Standings[0]
				*s = fill[0].Standings[i*7919%in]
				s.Undecided = i%2 == 0
				if i%3 == 0 {
					*s = groups.Standing{Group: s.Group, User: s.User}
				}
				if err := m.Apply(b.Context(), groups.Commit{Writes: []groups.Write{w}}); err != nil {
					b.Fatal(err)
				}
				for _, err := range m.Members(b.Context(), "g00000", s.User) { // the first of a page
					if err != nil {
						b.Fatal(err)
					}
					break
				}
			}
		})
	}
}

// What one changed user costs the store: their standings, 30 small writes, and with them or not the list of
// the groups.
func BenchmarkMemoryApply30WritesAmong10000Groups(b *testing.B) {
	users := numberedUsers(20_000)
	create, fill := memberships(10_000, 200, users)
	for i := range create {
		create[i].Save.Criteria = groups.AnySets(groups.All(groups.UserIs("p0000001")))
	}
	m := filled(b, create, fill)
	for _, listed := range []bool{false, true} {
		b.Run(fmt.Sprintf("listed=%v", listed), func(b *testing.B) {
			r := rand.New(rand.NewPCG(9, 10))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				user := users[i*7919%len(users)]
				var c groups.Commit
				at := r.IntN(300)
				for range 30 {
					id := create[at].Group
					at += 1 + r.IntN(300)
					s := groups.Standing{Group: id, User: user, Automatic: true, Population: groups.Automatic, Member: groups.Automatic}
					c.Writes = append(c.Writes, groups.Write{
						Group: id, Revision: 1, State: &groups.State{Live: true, Processed: newYear()}, Standings: []groups.Standing{s},
						Changes: []groups.Change{{Group: id, User: user, Kind: groups.Joined, After: groups.Automatic, Cause: "rule"}},
					})
				}
				if err := m.Apply(b.Context(), c); err != nil {
					b.Fatal(err)
				}
				for range m.StandingsOf(b.Context(), user) {
				}
				if listed {
					for range m.Groups(b.Context()) {
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30, "ns/write")
		})
	}
}

func BenchmarkIsMember(b *testing.B) {
	users := numberedUsers(10_000)
	create, fill := memberships(1_000, 200, users)
	ev := groups.NewEvaluator(groups.NewMemory(), filled(b, create, fill), nil)
	ctx := b.Context()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := ev.IsMember(ctx, create[i*7919%len(create)].Group, users[i%len(users)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMemoryList10000Groups(b *testing.B) {
	create, fill := memberships(10_000, 10, numberedUsers(1_000))
	m := filled(b, create, fill)
	b.ReportAllocs()
	for b.Loop() {
		for range m.Groups(b.Context()) {
		}
	}
}
