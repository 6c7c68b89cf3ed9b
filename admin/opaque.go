package admin

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/grouprules/groups"
)

// ErrOpaque is wrapped by the [groups.Problem] of an edit that would touch what the editor does not see:
// an opaque condition that is missing, repeated, altered or in other company, or a resource that the
// editor names and does not see; and by the error for a change of parent from or to such a group.
var ErrOpaque = errors.New("not visible to the editor")

// ReadCriteria returns the criteria of a group as JSON, as this actor may see them: in the canonical form
// of [groups.Criteria.MarshalJSON], with
//
//	{"kind":"opaque","id":"c3f9…"}
//
// in the place of each condition that names a group, unit, course or user whom the actor does not see.
// What the condition asks is not told, nor anything of what it names: the id is made from the revision
// of the group and the place of the condition. Whoever sees everything gets the canonical JSON itself.
// [Desk.ParseCriteria] reads it back.
//
// In Docebo a Power User who edits or deletes such a condition cannot restore it; here nobody loses what
// they do not see. Users are named by user conditions and by "is" on the field of IDs. Fields, trees and
// statuses are no resources, and what is compared with the other fields is kept from nobody.
//
// A group that does not exist is an error that wraps [groups.ErrNotFound]. It looks up the users that
// the criteria name, not the members.
func (d *Desk) ReadCriteria(ctx context.Context, actor Actor, group groups.GroupID) ([]byte, error) {
	g, err := d.store.Group(ctx, group)
	if err != nil {
		return nil, err
	}
	data, err := g.Criteria.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("criteria of group %q: %w", group, err)
	}
	sees, err := d.lookAt(ctx, actor, located(g.Criteria))
	if err != nil {
		return nil, err
	}
	doc, err := lay(data)
	if err != nil {
		return nil, fmt.Errorf("criteria of group %q: %w", group, err)
	}
	ids := veil(g, sees).ids()
	var out []byte
	copied := 0
	for _, e := range doc.elements {
		if id, opaque := ids[e.place]; opaque {
			out = append(append(out, data[copied:e.from]...), `{"kind":"opaque","id":"`+id+`"}`...)
			copied = e.to
		}
	}
	return append(out, data[copied:]...), nil
}

// ParseCriteria reads criteria that the actor edited from JSON, puts the opaque conditions back, and
// checks the whole. It writes nothing: save what it returns, under the revision that the edit started
// from. It takes what [Desk.ReadCriteria] gave this actor for the group as it is stored, edited as they
// like, so long as
//
//   - every opaque condition is there once, as it was;
//   - those that stood in one set stand in one set, and in no set with those of another;
//   - that set has the match it had, and so do the criteria,
//
// for else the meaning of conditions would change that the editor does not see. Sets, and conditions in a
// set, may change their order, and around the opaque conditions others may come and go. An id is good
// for one revision: once somebody has saved the group, the criteria have to be read again.
//
// All problems are reported at once, in one [*groups.CriteriaError] and each at its pointer in data:
// those of [groups.Schema.ParseCriteria], and, with [ErrOpaque], opaque conditions against these rules and
// operands that name something the actor does not see, whether or not it exists. Criteria beyond the
// [groups.Limits] are refused by that alone. No error tells more than the actor sees. A group that does not exist is a new one, which has no opaque conditions.
func (d *Desk) ParseCriteria(ctx context.Context, actor Actor, group groups.GroupID, data []byte) (groups.Criteria, error) {
	g, err := d.store.Group(ctx, group)
	if err != nil && !errors.Is(err, groups.ErrNotFound) {
		return groups.Criteria{}, err
	}
	schema, err := d.dir.Schema(ctx)
	if err != nil {
		return groups.Criteria{}, fmt.Errorf("read schema: %w", err)
	}
	e, err := readEdit(schema, data)
	if err != nil {
		return groups.Criteria{}, err
	}
	shown := e.shown(schema)
	sees, err := d.lookAt(ctx, actor, slices.Concat(located(g.Criteria), shown))
	if err != nil {
		return groups.Criteria{}, err
	}
	for _, c := range shown {
		for operand := range sees.unseen(c.says) {
			e.refuse(c.pointer()+operand, "names something that you do not see")
		}
	}
	hidden := veil(g, sees)
	e.compare(g.Criteria, hidden)
	if len(e.problems) == 0 {
		e.putBack(schema, hidden)
	}
	if len(e.problems) > 0 {
		return groups.Criteria{}, e.refusal()
	}
	return e.criteria, nil
}

// A veiled maps the ids of opaque conditions to the stored ones.
type veiled map[string]condition

// veil returns the conditions that are opaque to whoever sees so much.
func veil(g groups.Group, sees *sight) veiled {
	hidden := veiled{}
	for _, c := range located(g.Criteria) {
		if !sees.sees(c.says) {
			hidden[opaqueID(g, c.place)] = c
		}
	}
	return hidden
}

// ids are the ids by place.
func (v veiled) ids() map[place]string {
	ids := make(map[place]string, len(v))
	for id, c := range v {
		ids[c.place] = id
	}
	return ids
}

// opaqueID names a place in one revision of a group. Nothing of the condition goes into it: guesses
// could be tried on it.
func opaqueID(g groups.Group, at place) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %d", g.ID, g.Revision, at.set, at.condition))
	return hex.EncodeToString(sum[:8])
}

// An edit is a document that an editor sent, on its way to criteria.
type edit struct {
	layout
	opaque []reference
	places map[string]bool // the pointers of what is opaque
	// criteria are the document with standIn in the place of what is opaque; none where there are
	// problems with it.
	criteria groups.Criteria
	problems []groups.Problem
}

// A reference is an element that says that it is opaque, with the id that it gives; blank where it gives
// none, or anything else with it.
type reference struct {
	element
	id string
}

// refer reads an element as a reference; ok is false where it is another condition.
func refer(e element) (r reference, ok bool) {
	r.element = e
	keys, _ := items(e.raw, '{')
	for _, p := range keys {
		ok = ok || p.key == "kind" && p.text() == "opaque"
		if p.key == "id" && len(keys) == 2 {
			r.id = p.text()
		}
	}
	return r, ok
}

// standIn is what the parser reads for an opaque condition, with spaces behind it, so that all else stays
// in its place.
const standIn = `{"kind":"everyone"}`

// readEdit reads a document, and notes what is wrong with all that is not opaque in it.
func readEdit(schema *groups.Schema, data []byte) (*edit, error) {
	_, plain := schema.ParseCriteria(data)
	if over := beyond(plain); over != nil {
		return nil, over
	}
	doc, err := lay(data)
	if err != nil {
		return nil, cmp.Or(plain, err) // plain says where
	}
	e := &edit{layout: doc, places: map[string]bool{}}
	data = bytes.Clone(data)
	for _, element := range e.elements {
		r, ok := refer(element)
		if !ok {
			continue
		}
		e.opaque, e.places[r.pointer()] = append(e.opaque, r), true
		if size := r.to - r.from; size >= len(standIn) {
			copy(data[r.from:r.to], standIn+strings.Repeat(" ", size-len(standIn)))
		}
	}
	e.criteria, err = schema.ParseCriteria(data)
	var refused *groups.CriteriaError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	if refused != nil {
		for _, p := range refused.Problems {
			if _, opaque := e.opaqueAt(p.Pointer); !opaque {
				e.problems = append(e.problems, p)
			}
		}
	}
	return e, nil
}

// beyond is the refusal of a document that is larger than criteria may be, by that alone: it is not looked
// at any further, so that what it costs is bounded.
func beyond(refusal error) error {
	refused, is := errors.AsType[*groups.CriteriaError](refusal)
	if !is {
		return nil
	}
	over := slices.DeleteFunc(slices.Clone(refused.Problems), func(p groups.Problem) bool { return p.Err != groups.ErrLimit })
	switch {
	case len(over) > 0:
		return &groups.CriteriaError{Problems: over}
	case len(refused.Problems) >= maxProblems:
		return refused
	}
	return nil
}

// opaqueAt returns the pointer of the opaque condition that a pointer points to or into, if there is one.
func (e *edit) opaqueAt(pointer string) (string, bool) {
	tokens := strings.SplitN(pointer, "/", 6) // "", "sets", the set, "conditions", the condition, the rest
	pointer = strings.Join(tokens[:min(5, len(tokens))], "/")
	return pointer, e.places[pointer]
}

// maxProblems is what a CriteriaError promises to have at most.
const maxProblems = 1000

func (e *edit) refuse(pointer, format string, args ...any) {
	if len(e.problems) == maxProblems {
		return
	}
	e.problems = append(e.problems, groups.Problem{Pointer: pointer, Err: ErrOpaque, Text: fmt.Sprintf(format, args...)})
}

// shown are the conditions that the editor wrote out. Of a document with problems they are those that can
// be read by themselves, among as many as could have a problem each.
func (e *edit) shown(schema *groups.Schema) (list []condition) {
	elements := e.elements
	if len(e.criteria.Sets) == 0 {
		elements = elements[:min(maxProblems, len(elements))]
	}
	for _, el := range elements {
		if e.places[el.pointer()] {
			continue
		}
		if len(e.criteria.Sets) > 0 {
			list = append(list, condition{el.place, e.criteria.Sets[el.set].Conditions[el.condition]})
			continue
		}
		alone := slices.Concat([]byte(`{"match":"all","sets":[{"match":"all","conditions":[`), el.raw, []byte(`]}]}`))
		if c, err := groups.ParseCriteria(alone, schema.Limits); err == nil {
			list = append(list, condition{el.place, c.Sets[0].Conditions[0]})
		}
	}
	return list
}

// compare notes what became of the opaque conditions, and of what is around them.
func (e *edit) compare(stored groups.Criteria, hidden veiled) {
	if len(hidden) == 0 && len(e.opaque) == 0 {
		return
	}
	found := map[string]bool{}
	home := map[int]int{}  // where the opaque conditions of a stored set are now
	holds := map[int]int{} // and the other way round
	for _, r := range e.opaque {
		c, known := hidden[r.id]
		if !known {
			e.refuse(r.pointer(), "is no opaque condition of the group as it is stored: somebody saved it, or the condition was altered; read it again")
			continue
		}
		if found[r.id] {
			e.refuse(r.pointer(), "is a condition that stands here already")
			continue
		}
		found[r.id] = true
		now, settled := home[c.set]
		was, taken := holds[r.set]
		switch {
		case !settled && !taken:
			home[c.set], holds[r.set] = r.set, c.set
			if e.sets[r.set] != stored.Sets[c.set].Match.String() {
				e.refuse(pointer(r.set)+"/match", "must be %q: the set has conditions that you do not see", stored.Sets[c.set].Match)
			}
		case !settled || !taken || now != r.set || was != c.set:
			e.refuse(r.pointer(), "must stay with the opaque conditions of its own set, and with no others")
		}
	}
	if len(hidden) > 0 && e.match != stored.Match.String() {
		e.refuse("/match", "must be %q: there are conditions that you do not see", stored.Match)
	}
	ids := hidden.ids()
	for _, c := range located(stored) {
		id, opaque := ids[c.place]
		if !opaque || found[id] {
			continue
		}
		at := "/sets"
		if now, ok := home[c.set]; ok {
			at = pointer(now) + "/conditions"
		}
		e.refuse(at, "the opaque condition %q is missing", id)
	}
}

// putBack puts the stored conditions in the place of the opaque ones, and checks that they still fit.
func (e *edit) putBack(schema *groups.Schema, hidden veiled) {
	for _, r := range e.opaque {
		e.criteria.Sets[r.set].Conditions[r.condition] = hidden[r.id].says
	}
	var refused *groups.CriteriaError
	if !errors.As(schema.Check(e.criteria), &refused) {
		return
	}
	for _, p := range refused.Problems {
		if at, opaque := e.opaqueAt(p.Pointer); opaque { // what is wrong with it would tell what it asks
			p = groups.Problem{Pointer: at, Err: ErrOpaque, Text: "no longer fits the schema: somebody who sees it has to change it"}
		}
		e.problems = append(e.problems, p)
	}
}

// refusal is the problems in the order of the document.
func (e *edit) refusal() error {
	order := func(p groups.Problem) (numbers []int) {
		for token := range strings.SplitSeq(p.Pointer, "/") {
			if n, err := strconv.Atoi(token); err == nil {
				numbers = append(numbers, n)
			}
		}
		return numbers
	}
	slices.SortStableFunc(e.problems, func(a, b groups.Problem) int {
		return slices.Compare(order(a), order(b))
	})
	return &groups.CriteriaError{Problems: slices.Compact(e.problems)}
}
