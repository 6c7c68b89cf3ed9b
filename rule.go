package groups

import (
	"fmt"
	"hash/fnv"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/lineage"
)

// A Verdict is a rule's answer for one user.
type Verdict uint8

const (
	// Unknown: what is known does not decide. The zero Verdict.
	Unknown Verdict = iota
	// No: the user does not match.
	No
	// Yes: the user matches.
	Yes
)

// String returns "unknown", "no" or "yes".
func (v Verdict) String() string { return name(v, "unknown", "no", "yes") }

// MarshalText writes the verdict as [Verdict.String] does.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what [Verdict.MarshalText] wrote.
func (v *Verdict) UnmarshalText(text []byte) error { return unname(v, text, Yes) }

// not is Kleene's negation.
func (v Verdict) not() Verdict { return [...]Verdict{Unknown, Yes, No}[v] }

// A View is what a rule is matched in, beside the user: one clock, one zone, the trees and
// reporting lines, and the memberships of one run. The zero parts are Unknown to the conditions
// that need them. A View is not written to, and may be shared.
type View struct {
	// Now is the clock. Relative dates count from its date in Zone.
	Now time.Time
	// Zone is where dates turn; nil is UTC.
	Zone *time.Location
	// Trees holds the org units by tree.
	Trees map[Tree]*Hierarchy
	// Lines holds the reporting lines.
	Lines *Hierarchy
	// Memberships answers conditions on groups.
	Memberships Memberships
}

// Memberships answers whether a user is a member of a group, or with orBelow of a group beneath it.
type Memberships interface {
	MemberOf(u UserID, g GroupID, orBelow bool) Verdict
}

// A Hierarchy is who is above whom: the units of one tree, or the users of the reporting lines. It
// is immutable and safe to share.
type Hierarchy struct{ lines *lineage.Lineage }

// NewTree is the hierarchy of the units of one tree; of a unit given twice the first counts.
func NewTree(units ...Unit) *Hierarchy {
	return &Hierarchy{lineage.New(func(yield func(lineage.Link) bool) {
		for _, u := range units {
			if !yield(lineage.Link{ID: u.ID, Parent: u.Parent}) {
				return
			}
		}
	})}
}

// NewLines is the hierarchy of users and their managers; of a user given twice the first counts.
func NewLines(users ...User) *Hierarchy {
	return &Hierarchy{lineage.New(func(yield func(lineage.Link) bool) {
		for i := range users {
			if !yield(lineLink(&users[i])) {
				return
			}
		}
	})}
}

// Has reports whether there is one with that ID.
func (h *Hierarchy) Has(id string) bool { return h != nil && h.lines != nil && h.lines.Has(id) }

// Path is an ID and those of who is above, from there up, each once. The last may not be in the hierarchy.
func (h *Hierarchy) Path(id string) []string {
	if h == nil || h.lines == nil {
		return []string{id}
	}
	return h.lines.Path(id)
}

// Below are the IDs of all who are beneath, ascending.
func (h *Hierarchy) Below(id string) []string {
	if h == nil || h.lines == nil {
		return nil
	}
	return h.lines.Below(id)
}

func lineLink(u *User) lineage.Link {
	manager, known := u.Manager.ID()
	return lineage.Link{ID: string(u.ID), Parent: string(manager), Unknown: !known}
}

// A Rule is criteria that were checked and compiled against a [Schema]. It is immutable and safe to
// share between goroutines.
type Rule struct {
	criteria Criteria
	match    Match
	sets     []ruleSet // as they stand in the criteria
	asked    []ruleSet // the same, in the order that decides soonest
	clocked  []clocked
	units    bool // some condition asks for units
	lines    bool // some condition climbs the reporting line
	reports  bool // some condition asks whether a user has reports
	apart    atomic.Pointer[anatomy]
}

type ruleSet struct {
	match  Match
	leaves []leaf
}

// leaf is a compiled condition.
type leaf interface {
	verdict(u *User, v *View) Verdict
	// had says what the user has, as far as the condition looks at it, for explanations.
	had(u *User, v *View) []string
	effort() effort
}

// clocked is a leaf whose verdict can change by time alone.
type clocked interface {
	// turns calls report with each date that is compared with today, and how.
	turns(u *User, v *View, report func(turn))
}

// turn is a date that a relative condition compares with today.
type turn struct {
	relation calendar.Relation
	day      calendar.Day
	span     calendar.Span
}

// Criteria returns what the rule was compiled from. It is not to be written to.
func (r *Rule) Criteria() Criteria { return r.criteria }

// Match returns the rule's verdict for a user by Kleene's three-valued logic: a definite No beats
// Unknown where all must hold, a definite Yes where one is enough. It does not allocate, but for a few bytes
// when it comes to a Hierarchy for the second time, and again when to another one twice.
func (r *Rule) Match(u *User, v *View) Verdict {
	if len(r.sets) == 0 {
		return No
	}
	if v == nil {
		v = new(View)
	}
	whole, settled := neutral(r.match), decisive(r.match)
	for i := range r.asked {
		switch r.asked[i].verdict(u, v) {
		case settled:
			return settled
		case Unknown:
			whole = Unknown
		}
	}
	return whole
}

func (s *ruleSet) verdict(u *User, v *View) Verdict {
	whole, settled := neutral(s.match), decisive(s.match)
	for _, l := range s.leaves {
		switch l.verdict(u, v) {
		case settled:
			return settled
		case Unknown:
			whole = Unknown
		}
	}
	return whole
}

// neutral is the verdict of no parts at all, and decisive the one that no further part can change.
func neutral(m Match) Verdict  { return [...]Verdict{MatchAll: Yes, MatchAny: No}[m] }
func decisive(m Match) Verdict { return [...]Verdict{MatchAll: No, MatchAny: Yes}[m] }

// join combines two verdicts.
func (m Match) join(a, b Verdict) Verdict {
	switch {
	case a == decisive(m) || b == decisive(m):
		return decisive(m)
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return neutral(m)
}

// Next returns the earliest instant after v.Now at which time alone can change a condition of the
// rule for the user; false if none ever does. It is exact to the zone's rules; the verdict of the
// whole rule need not change with the condition.
func (r *Rule) Next(u *User, v *View) (next time.Time, ok bool) {
	for _, c := range r.clocked {
		c.turns(u, v, func(t turn) {
			if at, will := t.relation.NextFlip(t.day, t.span, v.Now, v.Zone); will && (!ok || at.Before(next)) {
				next, ok = at, true
			}
		})
	}
	return next, ok
}

// ruleCache keeps compiled rules, the order of groups and loaded zones between runs.
type ruleCache struct {
	mu     sync.Mutex
	schema *Schema
	rules  map[GroupID]cachedRule
	zones  map[string]*time.Location
	// valid is the schema that was last found to be valid, and based the basis of runs under it.
	valid *Schema
	based uint64
	// stored is how the groups of the Store were last arranged, and by group how it and those that its rule reads were.
	stored map[GroupID]*arrangement
	// drafted is how those of the last runs with drafts were arranged, where that is not how they are stored: of a draft
	// that was alone, and of one with others.
	drafted [2]*arrangement
	// named is what the rules of the last run name that looked at everybody.
	named *operands
}

type cachedRule struct {
	rule     *Rule
	revision uint64
	source   Criteria // as the store handed them out
}

func newRuleCache() *ruleCache {
	return &ruleCache{rules: map[GroupID]cachedRule{}, zones: map[string]*time.Location{}, stored: map[GroupID]*arrangement{}}
}

// basis refuses a schema that is not valid, and returns a fingerprint of it and the options of the Evaluator. It looks
// at what a Directory handed out once: nobody writes to that.
func (c *ruleCache) basis(schema *Schema, o *Options) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.valid == schema {
		return c.based, nil
	}
	if err := schema.Validate(); err != nil {
		return 0, err
	}
	basis := fnv.New64a()
	fmt.Fprintf(basis, "%+v %q %q %v %v", schema.Fields, schema.EnrollmentStatuses, schema.Trees, o.Exclusions, o.Zone)
	c.valid, c.based = schema, basis.Sum64()
	return c.based, nil
}

// compile returns the rule of a stored group under a schema, the kept one if both are as they were.
func (c *ruleCache) compile(schema *Schema, g Group) (*Rule, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.schema != schema && !reflect.DeepEqual(c.schema, schema) {
		clear(c.rules)
	}
	c.schema = schema
	kept, ok := c.rules[g.ID]
	if ok && kept.revision == g.Revision && sameCriteria(kept, g.Criteria) {
		return kept.rule, nil
	}
	rule, err := schema.compile(g.Criteria.clone())
	if err == nil {
		c.rules[g.ID] = cachedRule{rule, g.Revision, g.Criteria}
	}
	return rule, err
}

// sameCriteria spares the comparison where both are the same sets in the memory of the store, which
// does not write to what it handed out. A group that was deleted and made anew has its revisions
// again, with other criteria.
func sameCriteria(kept cachedRule, c Criteria) bool {
	return kept.source.isSame(c) || reflect.DeepEqual(kept.rule.criteria, c)
}

// arrange puts the groups of a run, all or those around one, in the order of their references, which most often is what it was,
// also while somebody writes at a draft.
func (c *ruleCache) arrange(groups []*Group, around GroupID, drafts bool) *arrangement {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.stored[around]
	fits, same := was.fits(groups)
	if fits && (same || drafts) {
		return was
	}
	a := &arrangement{}
	switch {
	case fits:
		*a = arrangement{was.refs, was.order, definitionsOf(groups)}
	case drafts:
		drafted := &c.drafted[0]
		if len(groups) > 1 {
			drafted = &c.drafted[1]
		}
		if fits, _ := (*drafted).fits(groups); !fits {
			*drafted = newArrangement(groups)
			(*drafted).disown()
		}
		return *drafted
	default:
		a = newArrangement(groups)
	}
	c.stored[around] = a
	return a
}

// arranged is how many groups there were when last all of them were put in order.
func (c *ruleCache) arranged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was := c.stored[everyGroup]; was != nil {
		return len(was.order)
	}
	return 0
}

// keep drops the rules of groups that are no longer there.
func (c *ruleCache) keep(groups map[GroupID]*subject) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := func(id GroupID) bool { _, there := groups[id]; return !there && id != "" }
	maps.DeleteFunc(c.rules, func(id GroupID, _ cachedRule) bool { return gone(id) })
	maps.DeleteFunc(c.stored, func(id GroupID, _ *arrangement) bool { return gone(id) })
}

// all are the rules of stored groups.
func (c *ruleCache) all() map[*Rule]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[*Rule]bool, len(c.rules))
	for _, kept := range c.rules {
		all[kept.rule] = true
	}
	return all
}

func (c *ruleCache) zone(name string, otherwise *time.Location) (*time.Location, error) {
	if name == "" {
		return otherwise, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if loc, ok := c.zones[name]; ok {
		return loc, nil
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		c.zones[name] = loc
	}
	return loc, err
}
