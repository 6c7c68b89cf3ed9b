package groups

import (
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/posting"
	"github.com/grouprules/groups/internal/userset"
)

// enrollmentAspect keeps the courses of the users.
type enrollmentAspect struct {
	questions
	x       *index
	held    []Enrollments // by user
	open    userset.Set   // whose list may have more
	courses map[string]uint32
	states  map[string]uint32
	in      posting.Lists // who is in a course, with the number of the record in it
	records map[recordKey]uint32
	of      []courseRecords // by course
}

// courseRecords are the records of one course, by number.
type courseRecords struct {
	sample []Enrollment // a record of each number
	states []uint32     // the number of its status
	users  []int        // how many users have it
}

// recordKey is what conditions can tell about a record: its course and status, by number, and when it was
// completed, as a day or an instant.
type recordKey struct {
	course, status uint32
	completed      completion
	day            calendar.Day
	at             time.Time
}

type completion uint8

const (
	unknownCompletion completion = iota
	notCompleted
	completedOn
	completedAt
)

func newEnrollmentAspect(x *index) *enrollmentAspect {
	return &enrollmentAspect{x: x, courses: map[string]uint32{}, states: map[string]uint32{}, records: map[recordKey]uint32{}}
}

// record is the number of the course of a record, and that of the record in it.
func (a *enrollmentAspect) record(e Enrollment) (course, record uint32) {
	key := recordKey{course: a.course(e.Course), status: inOrder(a.states, e.Status)}
	switch completed := e.Completed.data.(type) {
	case empty:
		key.completed = notCompleted
	case calendar.Day:
		key.completed, key.day = completedOn, completed
	case time.Time:
		key.completed, key.at = completedAt, completed
	}
	for int(key.course) >= len(a.of) {
		a.of = append(a.of, courseRecords{})
	}
	r, ok := a.records[key]
	if !ok {
		of := &a.of[key.course]
		r = uint32(len(of.sample))
		a.records[key] = r
		of.sample, of.states, of.users = append(of.sample, e), append(of.states, key.status), append(of.users, 0)
	}
	return key.course, r
}

func (a *enrollmentAspect) course(id string) uint32 { return inOrder(a.courses, id) }

// inOrder numbers names, from 0 on.
func inOrder(in map[string]uint32, name string) uint32 {
	n, ok := in[name]
	if !ok {
		n = uint32(len(in))
		in[name] = n
	}
	return n
}

func (a *enrollmentAspect) put(n uint32, u *User) {
	for int(n) >= len(a.held) {
		a.held = append(a.held, Enrollments{complete: true})
	}
	now := Enrollments{complete: true}
	if u != nil {
		now = u.Enrollments
	}
	was := a.held[n]
	a.held[n] = now
	if now.complete {
		a.open.Remove(n)
	} else {
		a.open.Add(n)
	}
	if was.Equal(now) && u != nil {
		return
	}
	a.changes++
	a.file(n, was.list, now.list)
	for _, p := range a.predicates {
		switch {
		case !p.filled:
		case u == nil:
			p.set(n, No)
		default:
			p.set(n, p.leaf.verdict(u, &p.view))
			p.touch(n)
		}
	}
}

// file puts a user on the lists of the courses they are in now, and takes them off those they were in.
func (a *enrollmentAspect) file(n uint32, was, now []Enrollment) {
	for _, e := range was {
		course, r := a.record(e)
		a.of[course].users[r]--
		if _, still := (Enrollments{list: now}).in(e.Course); !still {
			a.in.Drop(course, n)
		}
	}
	for _, e := range now {
		course, r := a.record(e)
		a.of[course].users[r]++
		a.in.Put(course, n, r)
	}
}

// tally counts the courses of a condition of one chunk of users.
type tally [userset.Chunk]struct{ found, yes, unknown uint16 }

func (a *enrollmentAspect) fill(p *predicate, with *scratch) {
	l := p.leaf.(*enrollmentLeaf)
	if with.tally == nil {
		with.tally = new(tally)
	}
	t, yes, unknown, met, open := with.tally, &with.yes, &with.unknown, &with.met, &with.open
	p.yes, p.unknown = userset.Set{}, userset.Set{}
	courses, verdicts := a.asked(l, &p.view)
	for chunk, size := range chunksOf(len(a.x.ids)) {
		yes.Reset()
		unknown.Reset()
		a.open.Load(chunk, open)
		*met = *open
		a.meet(chunk, courses, met)
		for u := range met.All() {
			t[u].found, t[u].yes, t[u].unknown = 0, 0, 0
		}
		for at, course := range courses {
			users, records := a.in.Chunk(course, chunk)
			for i, u := range users {
				of := &t[u]
				of.found++
				switch verdicts[at][records[i]] {
				case Yes:
					of.yes++
				case Unknown:
					of.unknown++
				}
			}
		}
		for u := range met.All() {
			in, unsure := int(t[u].yes), int(t[u].unknown)
			if open.Has(u) {
				unsure += len(l.courses) - int(t[u].found)
			}
			switch {
			case in >= l.need:
				yes.Set(u)
			case in+unsure >= l.need:
				unknown.Set(u)
			}
		}
		p.yes.Put(chunk, yes, size)
		p.unknown.Put(chunk, unknown, size)
	}
}

// asked are the courses of a condition that anybody is or was in, and what it says of their records, by number.
func (a *enrollmentAspect) asked(l *enrollmentLeaf, v *View) (courses []uint32, verdicts [][]Verdict) {
	byState := make([]Verdict, len(a.states)) // one more than it is; 0 where it has not been asked
	for _, name := range l.courses {
		course, taken := a.courses[name]
		if !taken {
			continue
		}
		of := &a.of[course]
		says := make([]Verdict, len(of.sample))
		for r := range of.sample {
			state := of.states[r]
			switch {
			case of.users[r] == 0:
			case l.op == opCompleted:
				says[r] = l.says(&of.sample[r], v)
			case byState[state] == 0:
				byState[state] = 1 + l.says(&of.sample[r], v)
				fallthrough
			default:
				says[r] = byState[state] - 1
			}
		}
		courses, verdicts = append(courses, course), append(verdicts, says)
	}
	return courses, verdicts
}

// meet adds who of a chunk is in one of the courses.
func (a *enrollmentAspect) meet(chunk int, courses []uint32, met *userset.Bits) {
	for _, course := range courses {
		users, _ := a.in.Chunk(course, chunk)
		for _, u := range users {
			met.Set(u)
		}
	}
}

func (a *enrollmentAspect) turn(p *predicate, today calendar.Day) calendar.Day {
	l := p.leaf.(*enrollmentLeaf)
	earliest := noDay
	for _, name := range l.courses {
		course, taken := a.courses[name]
		if !taken {
			continue
		}
		of := &a.of[course]
		for r, users := range of.users {
			if users == 0 {
				continue
			}
			u := User{Enrollments: Enrollments{list: of.sample[r : r+1], complete: true}}
			l.turns(&u, &p.view, func(t turn) {
				if day, ok := t.relation.NextDay(t.day, today, t.span); ok {
					earliest = min(earliest, day)
				}
			})
			if earliest == today+1 {
				return earliest
			}
		}
	}
	return earliest
}

func (a *enrollmentAspect) tidy() {}
func (a *enrollmentAspect) bytes() int {
	return a.in.Bytes() + a.open.Bytes() + 32*len(a.held) + 160*len(a.records)
}
