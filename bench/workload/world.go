// Package workload makes the people and the rules that all peers are measured on: neutral data, the same
// for the same seed, which each peer puts into its own form once.
package workload

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// A User is what is known about one person; who it is says the index.
type User struct {
	Fields [Fields]int32
	Unit   int32 // a node of Units, Empty or Unknown
	Active bool
	// Courses are those that the user is enrolled in, ascending; NoCourses says that nobody could tell.
	Courses   []Record
	NoCourses bool
	// Manual are the manual groups that the user is assigned to, ascending.
	Manual []int32
}

// A Record is an enrollment in a course.
type Record struct {
	Course int32
	Done   int32 // the day of completion, Empty for not yet
}

// Gaps reports whether anything is Unknown about the user's own data.
func (u *User) Gaps() bool {
	return u.NoCourses || u.Unit == Unknown || slices.Contains(u.Fields[:], Unknown)
}

// A Change is what is known about a user from now on: one or two fields are other than they were.
type Change struct {
	User int32
	Now  User
}

// A World is people, trees and groups, and who is in which group: the memberships are those of Users. What
// changed since is in three lists of different users.
type World struct {
	Users        []User
	Units, Lines *Tree
	Groups       []Criteria
	// Manual is how many groups there are of people who were put in by hand.
	Manual int32
	// Members are the members of each group, ascending, the deactivated only if assigned; Assigned are
	// those of them who were put in whatever the rule says.
	Members, Assigned [][]int32
	// Changed is the hundredth of the users that a full recalculation finds changed, and Again what the same users are
	// after they change once more. Events change one by one, and Batch all at once.
	Changed, Again, Events, Batch []Change
}

// The sizes of the lists of changes, but for small worlds.
const (
	events = 1000
	batch  = 10_000
)

const (
	manualGroups = 100
	courses      = 500
)

// New is the world of a seed.
func New(users, groups int, seed uint64) *World {
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }
	w := &World{
		Units:  newUnits(stream(1), min(max(users/50, 2), 20_000)),
		Lines:  newLines(stream(2), users),
		Manual: manualGroups,
	}
	d := newDraw(stream(3), len(w.Units.Parents))
	w.Users = make([]User, users)
	for i := range w.Users {
		w.Users[i] = d.user(int32(i))
	}
	groupStream := stream(4)
	c := &composer{newDraw(groupStream, len(w.Units.Parents)), int32(users)}
	w.Groups = make([]Criteria, groups)
	for i := range w.Groups {
		w.Groups[i] = c.criteria()
	}
	w.assign(groupStream)
	w.change(newDraw(stream(5), len(w.Units.Parents)))
	w.fill()
	return w
}

// assign puts people into groups whatever the rules say: three of twenty users into one.
func (w *World) assign(r *rand.Rand) {
	w.Assigned = make([][]int32, len(w.Groups))
	for i := range w.Users {
		if g := r.IntN(len(w.Groups)); r.IntN(20) < 3 {
			w.Assigned[g] = append(w.Assigned[g], int32(i))
		}
	}
}

// change draws the three lists of changed users.
func (w *World) change(d *draw) {
	n := len(w.Users)
	order := d.r.Perm(n)
	redrawn := func(users []int) []Change {
		list := make([]Change, len(users))
		for i, user := range users {
			u := w.Users[user]
			for range 1 + d.r.IntN(2) {
				d.redraw(&u, int32(n))
			}
			list[i] = Change{int32(user), u}
		}
		return list
	}
	first := order[:max(1, n/100)]
	take := func(k int) []Change {
		k = max(1, k)
		list := redrawn(order[:k])
		order = order[k:]
		return list
	}
	w.Changed, w.Events, w.Batch = take(n/100), take(min(events, n/10)), take(min(batch, n/10))
	w.Again = redrawn(first)
}

// fill works out the members.
func (w *World) fill() {
	w.Members = make([][]int32, len(w.Groups))
	Each(len(w.Groups), 0, func(g int) {
		members := slices.Clone(w.Assigned[g])
		for i := range w.Users {
			if u := &w.Users[i]; u.Active && w.Verdict(&w.Groups[g], int32(i), u) == Yes {
				members = append(members, int32(i))
			}
		}
		slices.Sort(members)
		w.Members[g] = slices.Compact(members)
	})
}

// IsMember reports whether the user is among the stored members of a group.
func (w *World) IsMember(group int, user int32) bool {
	_, is := slices.BinarySearch(w.Members[group], user)
	return is
}

// IsAssigned reports whether the user was put into a group.
func (w *World) IsAssigned(group int, user int32) bool {
	_, is := slices.BinarySearch(w.Assigned[group], user)
	return is
}

// Edits are criteria of an administrator at work: each is one of the groups with one condition replaced.
func (w *World) Edits(n int, seed uint64) []Criteria {
	r := rand.New(rand.NewPCG(seed, 6))
	c := &composer{newDraw(r, len(w.Units.Parents)), int32(len(w.Users))}
	edits := make([]Criteria, n)
	for i := range edits {
		e := w.Groups[r.IntN(len(w.Groups))]
		e.Sets = slices.Clone(e.Sets)
		set := &e.Sets[r.IntN(len(e.Sets))]
		set.Conditions = slices.Clone(set.Conditions)
		set.Conditions[r.IntN(len(set.Conditions))] = c.condition()
		edits[i] = e
	}
	return edits
}

// Each calls f for 0 to n-1 from so many workers, 0 for one a core.
func Each(n, workers int, f func(int)) {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range workers {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// draw draws values as skewed as in life.
type draw struct {
	r                                           *rand.Rand
	units                                       int
	title, city, country, grade, course, manual *rand.Zipf
}

func newDraw(r *rand.Rand, units int) *draw {
	zipf := func(s float64, n uint64) *rand.Zipf { return rand.NewZipf(r, s, 4, n-1) }
	return &draw{
		r: r, units: units,
		title: zipf(1.1, titles), city: zipf(1.2, cities), country: zipf(1.3, countries), grade: zipf(1.1, grades),
		course: zipf(1.15, courses), manual: zipf(1.2, manualGroups),
	}
}

// field draws a code: one of 700 is Unknown, one of 100 Empty. id makes an email one's own.
func (d *draw) field(f Field, id int32) int32 {
	switch n := d.r.IntN(700); {
	case n == 0:
		return Unknown
	case n <= 7:
		return Empty
	}
	switch f {
	case Title:
		return int32(d.title.Uint64())
	case City:
		return int32(d.city.Uint64())
	case Email:
		return id
	case Country:
		return int32(d.country.Uint64())
	case Grade:
		return int32(d.grade.Uint64())
	case Skills:
		mask := int32(0)
		for range 1 + d.r.IntN(4) {
			mask |= 1 << d.skewed(skills)
		}
		return mask
	case Hired:
		return Today - 1 - d.skewed(9000)
	case Seen:
		return (Today+1)*Minutes - 1 - d.skewed(500*Minutes) - 12*60
	case Pay:
		return 20_000 + 250*d.skewed(500)
	}
	return int32(d.r.IntN(4) / 3)
}

// skewed draws from 0 to n-1, small numbers more often.
func (d *draw) skewed(n int) int32 {
	x := d.r.Float64()
	return int32(float64(n) * x * x)
}

// node draws one of the nodes of a tree but the top, those near it more often.
func (d *draw) node(n int) int32 {
	return min(int32(n-1), int32(3*math.Exp(d.r.Float64()*math.Log(float64(max(n, 8))/3))))
}

func (d *draw) unit() int32 {
	switch n := d.r.IntN(700); {
	case n == 0:
		return Unknown
	case n <= 3:
		return Empty
	}
	return int32(d.r.IntN(d.units))
}

// user draws a user: 8 enrollments, 1.35 manual groups.
func (d *draw) user(id int32) User {
	u := User{Active: d.r.IntN(40) > 0, Unit: d.unit()}
	for f := range Fields {
		u.Fields[f] = d.field(f, id)
	}
	if d.r.IntN(700) == 0 {
		u.NoCourses = true
	} else {
		u.Courses = make([]Record, 0, 8)
	}
	for len(u.Courses) < cap(u.Courses) {
		c := int32(d.course.Uint64())
		at, twice := slices.BinarySearchFunc(u.Courses, c, func(r Record, c int32) int { return int(r.Course - c) })
		if twice {
			continue
		}
		done := Empty
		if d.r.IntN(3) > 0 {
			done = Today - 1 - d.skewed(1500)
		}
		u.Courses = slices.Insert(u.Courses, at, Record{c, done})
	}
	for range []int{0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3}[d.r.IntN(14)] {
		if g := int32(d.manual.Uint64()); !slices.Contains(u.Manual, g) {
			u.Manual = append(u.Manual, g)
		}
	}
	slices.Sort(u.Manual)
	return u
}

// redraw draws one field of the user, or the unit, anew. One of ten is lost: from now on it is Unknown.
func (d *draw) redraw(u *User, users int32) {
	f := Field(d.r.IntN(int(Fields) + 1))
	lost := d.r.IntN(10) == 0
	switch {
	case f == Fields && lost:
		u.Unit = Unknown
	case f == Fields:
		u.Unit = d.unit()
	case lost:
		u.Fields[f] = Unknown
	default:
		u.Fields[f] = d.field(f, users+int32(d.r.IntN(int(users))))
	}
}
