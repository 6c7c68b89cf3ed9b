package groups

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups/internal/lineage"
	"github.com/grouprules/groups/internal/userset"
)

// A Finding is something wrong with the data that did not stop the run. Its Code is one of
//
//	unknownUnit       an operand names a unit that is not in its tree
//	unknownTree       a condition names a tree that does not exist
//	unknownGroup      an operand names a group that does not exist
//	inactiveGroup     a condition asks for a group that is inactive, so that it is unknown who is in
//	unknownUser       an operand names a user who is not in the directory
//	unknownCourse     an operand names a course in which nobody has a record
//	unknownRecords    a condition asks what is known of no record in a course: its status and completion
//	unknownStatus     an operand names an enrollment status that is not in the Schema
//	unknownOption     an operand names an option that the field does not have
//	brokenRule        criteria that no longer fit the Schema; nobody moves by them
//	badValue          users have a value that is no option, or of another type
//	ring              users or units that are above themselves
//	missingParent     a manager or parent unit that does not exist
//	strayUnit         users sit in a unit that is not in its tree
//	notCarried        a rule asks for what is known of no user, so that it decides nobody
//	groupCycle        groups that refer to each other in a ring
//	scopeUnreadable   nobody can say who is assigned to the owner, so that nobody moves by the rule
//	clockSkew         the clock is behind the last run, whose clock was used
//	missingColumn     a known column is not in the file; what is stored stays
//	keysUnreadable    rows may be anybody's, so nobody counts as missing
//	strayEnrollment   enrollments of users who do not exist
//
// the last three of them from [Evaluator.PlanImport].
type Finding struct {
	Code string `json:"code"`
	// Where is what it is about: "group g1 /sets/0/conditions/2", "field region", "tree org" ...
	Where string `json:"where"`
	// Text says it in English, naming every user or unit concerned.
	Text string `json:"text"`
	// Group and Pointer are the place in a rule, where it is about one.
	Group   GroupID `json:"group,omitempty"`
	Pointer string  `json:"pointer,omitempty"`
}

// String returns the finding on one line.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Code, f.Where, f.Text) }

const (
	findingUnknownUnit     = "unknownUnit"
	findingUnknownTree     = "unknownTree"
	findingUnknownGroup    = "unknownGroup"
	findingInactiveGroup   = "inactiveGroup"
	findingUnknownUser     = "unknownUser"
	findingUnknownCourse   = "unknownCourse"
	findingUnknownRecords  = "unknownRecords"
	findingUnknownStatus   = "unknownStatus"
	findingUnknownOption   = "unknownOption"
	findingBrokenRule      = "brokenRule"
	findingBadValue        = "badValue"
	findingRing            = "ring"
	findingMissingParent   = "missingParent"
	findingStrayUnit       = "strayUnit"
	findingNotCarried      = "notCarried"
	findingGroupCycle      = "groupCycle"
	findingScopeUnreadable = "scopeUnreadable"
	findingClockSkew       = "clockSkew"
	findingMissingColumn   = "missingColumn"
	findingKeysUnreadable  = "keysUnreadable"
	findingStrayEnrollment = "strayEnrollment"
)

// survey collects what is wrong with the data while a run reads it. What takes everybody to see is
// only found by runs that look at everybody.
type survey struct {
	list     []Finding
	operands *operands // of the rules, in a run that looks at everybody
	// bad is who has a value that does not fit, of a field that rules read.
	bad   map[misfit][]UserID
	stray map[Unit][]UserID
	// named are the users that rules name, true once met, and courses the courses, with what was met.
	named   map[UserID]bool
	courses map[string]records
	// asked tells, for each thing that rules ask for and nobody met so far carries, who does.
	asked map[string]func(*User) bool
	users int
	links []lineage.Link
	lines *lineage.Lineage // of a run by an index, in the place of links
}

// What rules ask for, beside "field" and "tree" with a name.
const (
	askedLines       = "reporting line"
	askedEnrollments = "enrollments"
)

// records says what is known of the records in a course, of all together.
type records uint8

const (
	noRecords    records = iota // nobody has one
	blankRecords                // that they are there
	knownRecords                // the status of one, or when it was completed
)

// tells is what one record says about them all.
func (e *Enrollment) tells() records {
	if e.Status == "" && e.Completed.IsUnknown() {
		return blankRecords
	}
	return knownRecords
}

// misfit is a value that its field does not allow.
type misfit struct{ field, why string }

func (v *survey) add(code, where, format string, args ...any) {
	v.list = append(v.list, Finding{Code: code, Where: where, Text: fmt.Sprintf(format, args...)})
}

// addAt adds a finding about a place in a group's rule.
func (v *survey) addAt(code string, at ruleAt, format string, args ...any) {
	v.add(code, strings.TrimSpace(fmt.Sprintf("group %s %s", at.group, at.pointer())), format, args...)
	found := &v.list[len(v.list)-1]
	found.Group, found.Pointer = at.group, at.pointer()
}

// ruleAt is a place in a group's rule: a condition, counted from 1 on as its set is, or with zeros the whole.
type ruleAt struct {
	group          GroupID
	set, condition int
}

// pointer is the JSON pointer of the place, blank of the whole.
func (at ruleAt) pointer() string {
	if at.set == 0 {
		return ""
	}
	return fmt.Sprintf("/sets/%d/conditions/%d", at.set-1, at.condition-1)
}

func (v *survey) skew(clock, last time.Time) {
	v.add(findingClockSkew, "clock", "the clock says %s, before the last run at %s, whose clock was used", clock.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339))
}

func (v *survey) unreadScope(s *subject, err error) {
	v.addAt(findingScopeUnreadable, ruleAt{group: s.ID}, "nobody can say who is assigned to its owner %q, so nobody moves by its rule: %s", s.Owner, strings.ReplaceAll(err.Error(), "\n", "; "))
}

func (v *survey) brokenRule(id GroupID, err error) {
	v.addAt(findingBrokenRule, ruleAt{group: id}, "its criteria do not fit the schema, so nobody moves by them: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
}

// begin notes what the rules of the run read.
func (v *survey) begin(r *run) {
	v.operands = r.e.rules.operands(r)
	v.bad, v.stray = map[misfit][]UserID{}, map[Unit][]UserID{}
	v.named, v.courses, v.asked = map[UserID]bool{}, map[string]records{}, map[string]func(*User) bool{}
	for _, field := range v.operands.fields {
		v.asked["field "+field] = func(u *User) bool { return !u.Fields[field].IsUnknown() }
	}
	for _, tree := range v.operands.trees {
		if _, exists := r.trees[tree]; exists {
			v.asked["tree "+string(tree)] = func(u *User) bool { _, known := u.Units[tree]; return known }
		}
	}
	if v.operands.lines {
		v.asked[askedLines] = func(u *User) bool { return u.Manager.known }
	}
	if v.operands.enrollments {
		v.asked[askedEnrollments] = func(u *User) bool { return u.Enrollments.complete || len(u.Enrollments.list) > 0 }
	}
	for _, id := range v.operands.users {
		v.named[id] = false
	}
	for _, course := range v.operands.courses {
		v.courses[course] = noRecords
	}
}

// conditions yields the conditions of a group that the run evaluates for everybody, with their places.
func (s *subject) conditions() func(func(ruleAt, Condition) bool) {
	return func(yield func(ruleAt, Condition) bool) {
		if s.rule == nil || !s.whole {
			return
		}
		for i, set := range s.Criteria.Sets {
			for j, c := range set.Conditions {
				if !yield(ruleAt{s.ID, i + 1, j + 1}, c) {
					return
				}
			}
		}
	}
}

// meet looks at one user of a run that looks at everybody.
func (v *survey) meet(r *run, u *User) {
	v.users++
	for what, carries := range v.asked {
		if carries(u) {
			delete(v.asked, what)
		}
	}
	if _, asked := v.named[u.ID]; asked {
		v.named[u.ID] = true
	}
	if len(v.courses) > 0 {
		for i := range u.Enrollments.list {
			e := &u.Enrollments.list[i]
			if met, asked := v.courses[e.Course]; asked {
				v.courses[e.Course] = max(met, e.tells())
			}
		}
	}
	for i := range v.operands.declared {
		f := &v.operands.declared[i]
		if why := misfitOf(f, u.Fields[f.Name]); why != "" {
			key := misfit{f.Name, why}
			v.bad[key] = append(v.bad[key], u.ID)
		}
	}
	for tree, units := range u.Units {
		h := r.trees[tree]
		if h == nil || h.lines.Len() == 0 {
			continue
		}
		for _, unit := range units {
			if !h.Has(unit) {
				key := Unit{Tree: tree, ID: unit}
				v.stray[key] = append(v.stray[key], u.ID)
			}
		}
	}
	if r.lines == nil {
		v.links = append(v.links, lineLink(u))
	}
}

// fromIndex takes from an index what meeting everybody would find.
func (v *survey) fromIndex(r *run, x *index) {
	v.begin(r)
	v.users, v.lines = x.present.Count(), x.lines.flaws
	for what, carries := range v.asked {
		if x.carries(what, carries) {
			delete(v.asked, what)
		}
	}
	for id := range v.named {
		n, known := x.numbers.Find(id)
		v.named[id] = known && x.present.Has(n)
	}
	if a, is := x.aspects[aspectEnrollments].(*enrollmentAspect); is {
		for id := range v.courses {
			v.courses[id] = a.tell(id)
		}
	}
	for i := range v.operands.declared {
		f := &v.operands.declared[i]
		x.flawed(aspectField+f.Name, func(u *User, users []UserID) {
			key := misfit{f.Name, misfitOf(f, u.Fields[f.Name])}
			v.bad[key] = append(v.bad[key], users...)
		})
	}
	for tree, h := range r.trees {
		x.flawed(aspectTree+string(tree), func(u *User, users []UserID) {
			for _, unit := range u.Units[tree] {
				if !h.Has(unit) {
					key := Unit{Tree: tree, ID: unit}
					v.stray[key] = append(v.stray[key], users...)
				}
			}
		})
	}
	for _, users := range v.bad {
		slices.Sort(users)
	}
	for _, users := range v.stray {
		slices.Sort(users)
	}
}

// carries reports whether anything is known of somebody in one respect.
func (x *index) carries(what string, carries func(*User) bool) bool {
	switch what {
	case askedLines:
		return x.present.Count() > x.lines.blind.Count()
	case askedEnrollments:
		a := x.aspects[aspectEnrollments].(*enrollmentAspect)
		if x.present.Count() > a.open.Count() {
			return true
		}
		for n := range a.open.All() {
			if len(a.in.Of(n)) > 0 {
				return true
			}
		}
		return false
	}
	a, is := x.aspects[what].(*valued)
	if !is {
		return false
	}
	var like User
	for code := range a.codes.Codes() {
		if code > 0 && a.codes.Count(uint32(code)) > 0 {
			if a.like(uint32(code), &like); carries(&like) {
				return true
			}
		}
	}
	return false
}

// check finds the values that are wrong, of those that it has not looked at yet.
func (x *index) check() {
	x.lines.check()
	for name, a := range x.aspects {
		v, is := a.(*valued)
		if !is || v.checked == v.codes.Codes() {
			continue
		}
		wrong := func(*User) bool { return false }
		if field, is := strings.CutPrefix(name, aspectField); is {
			if f, declared := x.schema.Field(field); declared {
				wrong = func(u *User) bool { return misfitOf(&f, u.Fields[field]) != "" }
			}
		} else if tree, is := strings.CutPrefix(name, aspectTree); is {
			if h := x.trees[Tree(tree)]; h != nil && h.lines.Len() > 0 {
				wrong = func(u *User) bool {
					return slices.ContainsFunc(u.Units[Tree(tree)], func(unit string) bool { return !h.Has(unit) })
				}
			}
		}
		var like User
		for v.checked = max(v.checked, 1); v.checked < v.codes.Codes(); v.checked++ {
			if v.like(uint32(v.checked), &like); wrong(&like) {
				v.flawed = append(v.flawed, uint32(v.checked))
			}
		}
	}
}

// flawed tells of each wrong value a user like those who have it, and their IDs.
func (x *index) flawed(name string, tell func(like *User, users []UserID)) {
	a, is := x.aspects[name].(*valued)
	if !is {
		return
	}
	with := x.scratch()
	defer x.scratches.Put(with)
	for _, code := range a.flawed {
		if a.codes.Count(code) == 0 {
			continue
		}
		var set userset.Set
		a.codes.Fill(&set, []uint32{code}, &with.picks[0], &with.met)
		var users []UserID
		for n := range set.All() {
			users = append(users, x.ids[n])
		}
		var like User
		a.like(code, &like)
		tell(&like, users)
	}
}

// misfitOf says why a value is not one of the field, or nothing.
func misfitOf(f *Field, v Value) string {
	if v.IsUnknown() || v.IsEmpty() {
		return ""
	}
	if is := v.typeFor(f.Type); is != f.Type {
		return fmt.Sprintf("a %v, not a %v", is, f.Type)
	}
	list, _ := v.data.(choiceValue)
	for _, id := range list {
		if len(f.Options) > 0 && !slices.ContainsFunc(f.Options, func(o Option) bool { return o.ID == id }) {
			return fmt.Sprintf("%q is none of the options", id)
		}
	}
	return ""
}

// findings is everything found, sorted.
func (v *survey) findings(r *run) []Finding {
	if v.operands == nil || v.operands.amiss(r, v) {
		for _, s := range r.order {
			for at, c := range s.conditions() {
				v.references(r, at, c)
			}
		}
	}
	v.cycles(r)
	if v.operands != nil {
		v.people(r)
	}
	slices.SortFunc(v.list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Text, b.Text))
	})
	return listed(slices.Compact(v.list))
}

// references reports what a condition names that does not exist.
func (v *survey) references(r *run, at ruleAt, c Condition) {
	switch c := c.(type) {
	case FieldCondition:
		for _, id := range strangeOptions(r.schema, c) {
			v.addAt(findingUnknownOption, at, "field %q has no option %q", c.Field, id)
		}
	case UnitCondition:
		h, exists := r.trees[c.Tree]
		if !exists {
			v.addAt(findingUnknownTree, at, "there is no tree %q", c.Tree)
			return
		}
		for _, unit := range c.Units {
			if !h.Has(unit) {
				v.addAt(findingUnknownUnit, at, "tree %q has no unit %q", c.Tree, unit)
			}
		}
	case UserCondition:
		for _, id := range c.Users {
			if v.operands != nil && !v.named[id] {
				v.addAt(findingUnknownUser, at, "user %q is not in the directory", id)
			}
		}
	case EnrollmentCondition:
		for _, course := range c.Courses {
			switch met := v.courses[course]; {
			case v.operands == nil:
			case met == noRecords:
				v.addAt(findingUnknownCourse, at, "nobody has a record in course %q", course)
			case met == blankRecords && c.Op != opEnrolled:
				v.addAt(findingUnknownRecords, at, "of no record in course %q is it known what its status is or when it was completed", course)
			}
		}
		for _, status := range strangeStatuses(r.schema, c) {
			v.addAt(findingUnknownStatus, at, "there is no enrollment status %q", status)
		}
	case GroupCondition:
		for _, id := range c.Groups {
			switch s := r.groups[id]; {
			case s == nil:
				v.addAt(findingUnknownGroup, at, "there is no group %q", id)
			case s.Status != Active:
				v.addAt(findingInactiveGroup, at, "group %q is inactive, so that it is unknown who is in", id)
			}
			if !c.OrBelow {
				continue
			}
			for _, below := range r.refs.beneath(id) {
				if r.groups[below].Status != Active {
					v.addAt(findingInactiveGroup, at, "group %q, beneath %q, is inactive, so that it is unknown who is in", below, id)
				}
			}
		}
	}
}

// cycles reports each ring of groups once.
func (v *survey) cycles(r *run) {
	seen := map[GroupID]bool{}
	for _, s := range r.order {
		if !s.cyclic || seen[s.ID] {
			continue
		}
		path := r.refs.ring(s.ID)
		for _, id := range path {
			seen[id] = true
		}
		if len(path) > 0 {
			v.addAt(findingGroupCycle, ruleAt{group: s.ID}, "%v", &CycleError{path})
		}
	}
}

// people reports what is wrong with users, units and who is above whom.
func (v *survey) people(r *run) {
	for what := range v.asked {
		if v.users > 0 {
			v.add(findingNotCarried, what, "a rule asks for it, and it is known of no user, so that it decides nobody")
		}
	}
	for key, users := range v.bad {
		v.add(findingBadValue, "field "+key.field, "%s, so it is taken as unknown: user %s", key.why, quoted(users))
	}
	for unit, users := range v.stray {
		v.add(findingStrayUnit, fmt.Sprintf("tree %s", unit.Tree), "unit %q is not in the tree; in it sits user %s", unit.ID, quoted(users))
	}
	for _, tree := range slices.Sorted(maps.Keys(r.trees)) {
		v.hierarchy(r.trees[tree].lines, fmt.Sprintf("tree %s", tree), "unit")
	}
	lines := v.lines
	switch {
	case lines != nil:
	case r.lines != nil:
		lines = r.lines.lines
	default:
		lines = lineage.New(slices.Values(v.links))
	}
	v.hierarchy(lines, "reporting line", "user")
}

func (v *survey) hierarchy(l *lineage.Lineage, where, what string) {
	for _, ring := range l.Rings() {
		if len(ring) == 1 {
			v.add(findingRing, where, "%s %q is directly below itself", what, ring[0])
			continue
		}
		v.add(findingRing, where, "a ring, each %s below the next: %s", what, quoted(append(ring, ring[0])))
	}
	for _, gap := range l.Missing() {
		v.add(findingMissingParent, where, "%s %q does not exist; directly below it: %s", what, gap.Parent, quoted(gap.Children))
	}
}

// quoted lists identifiers so that odd ones show.
func quoted[T ~string](ids []T) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprintf("%q", string(id))
	}
	return strings.Join(out, ", ")
}
