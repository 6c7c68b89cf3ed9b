package groups

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Disagreement is the users of whom two rules say two different things.
type Disagreement struct {
	// Says is what the first rule says of them, and the second, each within the scope of the owner.
	Says  [2]Verdict `json:"says"`
	Users int        `json:"users"`
	// First are the first of them by their IDs, as many as were asked for.
	First []UserID `json:"first"`
	// Distinctions are the conditions that tell the rules apart for them, those of most users first. A user may
	// count for several, and counts for one at least unless a rule has no conditions.
	Distinctions []Distinction `json:"distinctions"`
}

// A Distinction is a condition that says of users what its rule says, while the other rule says something else.
// A condition that both rules have, joined to others in the same way, counts only for users whom no other
// condition tells apart.
type Distinction struct {
	Rule    int     `json:"rule"`    // 0 is the first, 1 the second
	Pointer string  `json:"pointer"` // in the criteria of that rule, such as "/sets/0/conditions/2"
	Text    string  `json:"text"`    // the condition in words
	Says    Verdict `json:"says"`
	Users   int     `json:"users"`
	// First are those of the first of the Disagreement for whom it counts.
	First []UserID `json:"first"`
}

// String returns what the rules say of how many users, and beneath it a line for each condition that tells them apart.
func (d Disagreement) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: rule 1 says %v, rule 2 says %v", d.Users, d.Says[0], d.Says[1])
	for _, by := range d.Distinctions {
		fmt.Fprintf(&b, "\n  %v", by)
	}
	return b.String()
}

// String returns the condition on one line, with its rule, what it says and of how many.
func (d Distinction) String() string {
	return fmt.Sprintf("%d by rule %d: %s %s is %v", d.Users, d.Rule+1, d.Pointer, d.Text, d.Says)
}

// Differ says where a group's criteria and other criteria in their place differ in today's people, within the scope of
// its owner: of whom they say two different things, by what they say, with the first n by their IDs. What else decides
// who is in, what is stored and policy, counts for nothing. It asks for no revision, looks at other groups as they are
// stored, and writes nothing. It refuses what [Evaluator.Save] would refuse of either.
func (e *Evaluator) Differ(ctx context.Context, g Group, other Criteria, n int) ([]Disagreement, error) {
	c, err := retried(func() (*contrast, error) {
		c, err := e.compare(ctx, g, other)
		if err == nil {
			c.most = max(0, n)
			err = c.evaluate(ctx)
		}
		return c, err
	})
	if err != nil {
		return nil, err
	}
	return c.result(), nil
}

// A contrast is two rules that are asked about the same people.
type contrast struct {
	r          *run
	sides      [2]*subject
	conditions []distinctive // of the first rule, and then of the second
	most       int           // how many users are listed of a parting
	found      partings
}

// A distinctive condition is one that may tell the rules apart.
type distinctive struct {
	Distinction
	set, place int
	leaf       leaf
	own        bool // the other rule does not have it, joined to others in the same way
}

// partings are what was found, by what the first rule says and the second.
type partings [Yes + 1][Yes + 1]parting

type parting struct {
	users int
	first []dissenter
	cut   bool       // first are no more than is asked for, and in order
	tells []tellings // by condition
}

// tellings are for how many users a condition counts, by what it says, and which of the listed ones.
type tellings [Yes + 1]struct {
	users int
	first []UserID
}

// A dissenter is a user in a parting, with what the rules say by themselves, whoever owns the group.
type dissenter struct {
	id   UserID
	n    uint32 // in the index, if there is one
	said [2]Verdict
}

// compare makes a contrast ready: a run of two groups that are asked for nothing but their rules, with those that
// their rules read.
func (e *Evaluator) compare(ctx context.Context, g Group, other Criteria) (*contrast, error) {
	r, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	rule, err := e.checkGroup(r.schema, g)
	second, err2 := r.schema.compile(other)
	if err2 != nil {
		err2 = fmt.Errorf("group %q: %w", g.ID, err2)
	}
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	g.Kind, g.Frozen = AutomaticGroup, false
	both := g
	both.Criteria = Criteria{MatchAny, slices.Concat(g.Criteria.Sets, other.Sets)}
	stored, _ := e.concerned(ctx, both)
	if err := r.readGroups(stored, []Group{both}, 0); err != nil {
		return nil, err
	}
	r.edition = &edition{group: g.ID, alone: true}
	c := &contrast{r: r}
	g.State = r.groups[g.ID].State
	for i, rule := range []*Rule{rule, second} {
		own := g
		own.Criteria = rule.criteria
		s := &subject{Group: &own, rule: rule, whole: true, draft: true}
		if s.needs, err = r.needsOf(own); err != nil {
			return nil, err
		}
		c.sides[i] = s
		r.order = append(r.order, s)
	}
	c.distinguish()
	return c, nil
}

// needsOf are the groups that a rule reads, or the ring that it would close.
func (r *run) needsOf(g Group) ([]GroupID, error) {
	refs := newReferences([]Group{g})
	for id, s := range r.groups {
		if id != g.ID {
			refs.put(*s.Group)
		}
	}
	return refs.needs(g.ID), refs.check(g.ID)
}

// distinguish lists the conditions.
func (c *contrast) distinguish() {
	has := [2]map[string]bool{{}, {}}
	var written []string
	for i, s := range c.sides {
		for j, set := range s.rule.criteria.Sets {
			for k, condition := range set.Conditions {
				joined := Criteria{Sets: []Set{{Conditions: []Condition{condition}}}}
				if len(s.rule.criteria.Sets) > 1 {
					joined.Match = s.rule.criteria.Match
				}
				if len(set.Conditions) > 1 {
					joined.Sets[0].Match = set.Match
				}
				var w criteriaWriter // of a rule, which can be read again
				w.criteria(joined)
				text := string(w.out)
				has[i][text] = true
				written = append(written, text)
				c.conditions = append(c.conditions, distinctive{
					Distinction: Distinction{Rule: i, Pointer: fmt.Sprintf("/sets/%d/conditions/%d", j, k), Text: condition.String()},
					set:         j, place: k, leaf: s.rule.sets[j].leaves[k],
				})
			}
		}
	}
	for i := range c.conditions {
		of := &c.conditions[i]
		of.own = !has[1-of.Rule][written[i]]
	}
}

// evaluate asks the index, or else everybody.
func (c *contrast) evaluate(ctx context.Context) error {
	r := c.r
	r.prepare()
	if err := r.readScopes(ctx); err != nil {
		return err
	}
	if x := r.e.index; x != nil {
		if ok, err := x.begin(ctx, r); err != nil {
			return err
		} else if ok {
			defer x.reading.RUnlock()
			return c.byIndex(ctx, x)
		}
	}
	if err := r.readAbove(ctx, true); err != nil {
		return err
	}
	return r.everybody(ctx, c.look)
}

// look asks about one user; nil is one who is not among the people. The two sides are the last of the groups.
func (c *contrast) look(scanned []*subject, id UserID, u *User) {
	c.r.visit(scanned[:len(scanned)-len(c.sides)], id, u, false)
	if u == nil {
		return
	}
	d := dissenter{id: id}
	var within [2]Verdict
	for i, s := range c.sides {
		d.said[i] = s.rule.Match(u, &s.view)
		within[i] = s.within(u, d.said[i])
	}
	if within[0] == within[1] {
		return
	}
	of := c.found.at(within, len(c.conditions))
	of.users++
	listed := len(of.first) < c.most
	if listed {
		of.first = append(of.first, d)
	}
	for _, i := range c.telling(d.said, func(i int) Verdict {
		condition := &c.conditions[i]
		return condition.leaf.verdict(u, &c.sides[condition.Rule].view)
	}) {
		t := &of.tells[i][d.said[c.conditions[i].Rule]]
		if t.users++; listed {
			t.first = append(t.first, id)
		}
	}
}

// telling are the conditions that tell the rules apart for a user of whom they say that.
func (c *contrast) telling(said [2]Verdict, says func(i int) Verdict) (list []int) {
	for _, own := range []bool{true, false} {
		for i := range c.conditions {
			if of := &c.conditions[i]; of.own == own && says(i) == said[of.Rule] {
				list = append(list, i)
			}
		}
		if len(list) > 0 {
			break
		}
	}
	return list
}

// at is the parting of users of whom the rules say that.
func (c *partings) at(says [2]Verdict, conditions int) *parting {
	of := &c[says[0]][says[1]]
	if of.tells == nil {
		of.tells = make([]tellings, conditions)
	}
	return of
}

// result is what was found: first what the first rule says Yes to, and then what the second does.
func (c *contrast) result() []Disagreement {
	list := []Disagreement{}
	for _, says := range [][2]Verdict{{Yes, No}, {No, Yes}, {Yes, Unknown}, {Unknown, Yes}, {No, Unknown}, {Unknown, No}} {
		of := &c.found[says[0]][says[1]]
		if of.users == 0 {
			continue
		}
		d := Disagreement{Says: says, Users: of.users, First: make([]UserID, len(of.first)), Distinctions: []Distinction{}}
		for i := range of.first {
			d.First[i] = of.first[i].id
		}
		for i, by := range of.tells {
			for v, t := range by {
				if t.users > 0 {
					told := c.conditions[i].Distinction
					told.Says, told.Users, told.First = Verdict(v), t.users, listed(t.first)
					d.Distinctions = append(d.Distinctions, told)
				}
			}
		}
		slices.SortStableFunc(d.Distinctions, func(a, b Distinction) int { return cmp.Compare(b.Users, a.Users) })
		list = append(list, d)
	}
	return list
}

// put lists a user, as long as no more than so many are before them.
func (of *parting) put(d dissenter, most int) {
	if of.cut && (most == 0 || of.first[most-1].id < d.id) {
		return
	}
	of.first = append(of.first, d)
	if len(of.first)/2-32 > most {
		of.trim(most)
	}
}

// trim puts those who are listed in order, and leaves as many as are asked for.
func (of *parting) trim(most int) {
	slices.SortFunc(of.first, func(a, b dissenter) int { return strings.Compare(string(a.id), string(b.id)) })
	if len(of.first) > most {
		of.first, of.cut = of.first[:most], true
	}
}
