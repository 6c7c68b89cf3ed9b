// Customstore is a groups.Store of one's own over any database that keeps documents under ordered keys. The database here
// is a list; what to do where it is a real one stands beside it. That it keeps the contract is one call of storetest.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/grouprules/groups"
)

// A store is one tenant. Keys are lists of names, a NUL between them, so that they are ascending as the contract wants it:
//
//	group NUL id                 a definition, with its state
//	standing NUL group NUL user  what is stored about a user in a group
//	of NUL user NUL group        the same, found by the user
//	change, act NUL number       the feed, and the audit
//	note NUL kind NUL group NUL key
type store struct {
	writing sync.Mutex
	reading sync.RWMutex
	rows    rows // replaced by a write and never changed: who reads it needs no lock
}

// rows are all documents by their keys, ascending, as a transaction sees them.
type rows []row

type row struct {
	key  string
	data []byte
}

func (r rows) find(key string) (int, bool) {
	return slices.BinarySearchFunc(r, key, func(x row, key string) int { return strings.Compare(x.key, key) })
}

func (r *rows) set(key string, data []byte) {
	i, found := r.find(key)
	if !found {
		*r = slices.Insert(*r, i, row{key: key})
	}
	(*r)[i].data = data
}

func (r *rows) erase(names ...string) {
	if i, found := r.find(key(names...)); found {
		*r = slices.Delete(*r, i, i+1)
	}
}

func open() *store { return new(store) }

func key(names ...string) string { return strings.Join(names, "\x00") }

// number is a cursor as a key: as many digits for all.
func number(n uint64) string { return fmt.Sprintf("%020d", n) }

// now is the documents as the last write left them: a transaction that reads.
func (s *store) now() rows {
	s.reading.RLock()
	defer s.reading.RUnlock()
	return s.rows
}

func (r *rows) put(v any, names ...string) error {
	data, err := json.Marshal(v)
	r.set(key(names...), data)
	return err
}

func get[T any](r rows, names ...string) (v T, found bool, err error) {
	i, found := r.find(key(names...))
	if found {
		err = json.Unmarshal(r[i].data, &v)
	}
	return v, found, err
}

// under are the keys below some names and after one of them, ascending.
func (r rows) under(after string, names ...string) []string {
	prefix := key(append(names, "")...)
	i, found := r.find(prefix + after)
	if after != "" && found {
		i++
	}
	var keys []string
	for ; i < len(r) && strings.HasPrefix(r[i].key, prefix); i++ {
		keys = append(keys, r[i].key)
	}
	return keys
}

// stream yields the documents of keys; show may pass over one.
func stream[D, T any](ctx context.Context, r rows, keys []string, show func(key string, d D) (T, bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for _, k := range append(keys, "") {
			if err := ctx.Err(); err != nil {
				yield(none, err)
				return
			}
			if k == "" {
				return
			}
			d, _, err := get[D](r, k)
			if err != nil {
				yield(none, err)
				return
			}
			if v, shown := show(k, d); shown && !yield(v, nil) {
				return
			}
		}
	}
}

// lazily has a stream begin when it is read: each time with what is stored then.
func lazily[T any](begin func() iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { begin()(yield) }
}

// A document of a group: its JSON is that of the definition, and the state goes beside it.
type document struct {
	Group groups.Group
	State groups.State
}

func (d document) whole() groups.Group { d.Group.State = d.State; return d.Group }

func (s *store) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	d, found, err := get[document](s.now(), "group", string(id))
	switch {
	case ctx.Err() != nil:
		return groups.Group{}, ctx.Err()
	case err == nil && !found:
		err = fmt.Errorf("group %q: %w", id, groups.ErrNotFound)
	}
	return d.whole(), err
}

func (s *store) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return lazily(func() iter.Seq2[groups.Group, error] { return s.now().groups(ctx) })
}

func (r rows) groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return stream(ctx, r, r.under("", "group"), func(_ string, d document) (groups.Group, bool) { return d.whole(), true })
}

func (s *store) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	return lazily(func() iter.Seq2[groups.Standing, error] {
		r := s.now()
		return stream(ctx, r, r.under(string(after), "standing", string(id)), func(_ string, st groups.Standing) (groups.Standing, bool) { return st, true })
	})
}

func (s *store) StandingsOf(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
	return lazily(func() iter.Seq2[groups.Standing, error] {
		r := s.now()
		return stream(ctx, r, r.under("", "of", string(id)), func(_ string, st groups.Standing) (groups.Standing, bool) { return st, true })
	})
}

func (s *store) Members(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
	return lazily(func() iter.Seq2[groups.Member, error] {
		r := s.now()
		return stream(ctx, r, r.under(string(after), "standing", string(id)), func(_ string, st groups.Standing) (groups.Member, bool) {
			return groups.Member{User: st.User, Method: st.Member}, st.Member != groups.Outside
		})
	})
}

func (s *store) Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
	return behind(s, ctx, "change", after, func(cursor string, c groups.Change) (groups.Change, bool) {
		c.Cursor = cursor
		return c, true
	})
}

// An entry is an act as it was given, to the byte.
type entry struct {
	Act           groups.Act
	Before, After []byte
}

func (s *store) Acts(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
	return behind(s, ctx, "act", after, func(cursor string, e entry) (groups.Act, bool) {
		a := e.Act
		a.Before, a.After, a.Cursor = e.Before, e.After, cursor
		return a, id == "" || a.Group == id
	})
}

// behind yields a list after a cursor, which is the number of a row that was once given out.
func behind[D, T any](s *store, ctx context.Context, list, after string, show func(cursor string, d D) (T, bool)) iter.Seq2[T, error] {
	return lazily(func() iter.Seq2[T, error] {
		r, from := s.now(), ""
		last, _, err := get[uint64](r, "last", list)
		if after != "" && err == nil {
			n, notNumber := strconv.ParseUint(after, 10, 64)
			if from = number(n); notNumber != nil || n == 0 || n > last || after != strconv.FormatUint(n, 10) {
				err = fmt.Errorf("cursor %.64q %w: it is none of this store", after, groups.ErrValue)
			}
		}
		if err != nil {
			return func(yield func(T, error) bool) { var none T; yield(none, err) }
		}
		return stream(ctx, r, r.under(from, list), func(k string, d D) (T, bool) {
			return show(strings.TrimLeft(k[len(list)+1:], "0"), d)
		})
	})
}

func (s *store) Notes(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	return lazily(func() iter.Seq2[groups.Note, error] {
		r, names := s.now(), []string{"note", string(kind)}
		if id != "" {
			names = append(names, string(id))
		}
		return stream(ctx, r, r.under("", names...), func(_ string, n groups.Note) (groups.Note, bool) { return n, true })
	})
}

// Apply writes all of a Commit or nothing: it works on a copy, which takes the place of what was there. Over a real
// database it is one serializable transaction, or one that locks the tenant.
func (s *store) Apply(ctx context.Context, c groups.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	r := slices.Clone(s.now())
	if err := r.apply(ctx, &c); err != nil {
		return err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	s.rows = r
	return nil
}

func (r *rows) apply(ctx context.Context, c *groups.Commit) error {
	var broken error
	if err := c.Compare(r.stored(ctx, c.Forget, &broken)); err != nil || broken != nil {
		return cmp.Or[error](broken, err)
	}
	lastChange, _, err := get[uint64](*r, "last", "change")
	if err != nil {
		return err
	}
	for i := range c.Writes {
		if err := r.write(&c.Writes[i]); err != nil {
			return err
		}
	}
	for _, n := range c.Notes {
		if len(n.Data) == 0 {
			r.erase("note", string(n.Kind), string(n.Group), n.Key)
			continue
		}
		n.Revision++
		if err := r.put(n, "note", string(n.Kind), string(n.Group), n.Key); err != nil {
			return err
		}
	}
	for _, a := range c.Acts {
		e := entry{a, a.Before, a.After}
		e.Act.Before, e.Act.After, e.Act.Cursor = nil, nil, ""
		if err := r.add("act", e); err != nil {
			return err
		}
	}
	if c.Forget != "" {
		return r.forget(c.Forget, c.Alias, lastChange)
	}
	return nil
}

// stored is what a Commit is compared with; what cannot be read is told in broken.
func (r rows) stored(ctx context.Context, forget groups.UserID, broken *error) groups.Stored {
	return groups.Stored{
		Group: func(id groups.GroupID) *groups.Group {
			d, found, err := get[document](r, "group", string(id))
			if *broken = cmp.Or[error](*broken, err); !found {
				return nil
			}
			g := d.whole()
			return &g
		},
		Note: func(kind groups.NoteKind, group groups.GroupID, name string) *groups.Note {
			n, found, err := get[groups.Note](r, "note", string(kind), string(group), name)
			if *broken = cmp.Or[error](*broken, err); !found {
				return nil
			}
			return &n
		},
		Standing: func(yield func(groups.GroupID) bool) {
			for _, k := range r.under("", "of", string(forget)) {
				if !yield(groups.GroupID(k[strings.LastIndex(k, "\x00")+1:])) {
					return
				}
			}
		},
		Groups: r.groups(ctx),
	}
}

// write does what a Write says to its group.
func (r *rows) write(w *groups.Write) error {
	for _, ch := range w.Changes {
		ch.Cursor = ""
		if err := r.add("change", ch); err != nil {
			return err
		}
	}
	id := string(w.Group)
	if w.Delete {
		for _, k := range r.under("", "standing", id) {
			user := k[strings.LastIndex(k, "\x00")+1:]
			r.erase(k)
			r.erase("of", user, id)
		}
		for _, k := range r.under("", "note") {
			if strings.SplitN(k, "\x00", 4)[2] == id {
				r.erase(k)
			}
		}
		r.erase("group", id)
		return nil
	}
	d, found, err := get[document](*r, "group", id)
	if err != nil {
		return err
	}
	var was *groups.Group
	if found {
		g := d.whole()
		was = &g
	}
	g := w.Result(was)
	if err := r.put(document{g, g.State}, "group", id); err != nil {
		return err
	}
	for _, st := range w.Standings {
		user := string(st.User)
		if st.Blank() {
			r.erase("standing", id, user)
			r.erase("of", user, id)
			continue
		}
		if err := r.put(st, "standing", id, user); err != nil {
			return err
		}
		if err := r.put(st, "of", user, id); err != nil {
			return err
		}
	}
	return nil
}

// add puts a row behind a list.
func (r *rows) add(list string, v any) error {
	last, _, err := get[uint64](*r, "last", list)
	if err != nil {
		return err
	}
	if err := r.put(last+1, "last", list); err != nil {
		return err
	}
	return r.put(v, list, number(last+1))
}

// forget takes a user out of what was written before, and puts the alias into what is said about them.
func (r *rows) forget(user, alias groups.UserID, before uint64) error {
	for _, k := range r.under("", "change") {
		c, _, err := get[groups.Change](*r, k)
		if err != nil {
			return err
		}
		if c.User == user && k <= key("change", number(before)) {
			r.erase(k)
		}
	}
	for _, k := range r.under("", "act") {
		e, _, err := get[entry](*r, k)
		if err != nil {
			return err
		}
		if e.Act.User != user {
			continue
		}
		e.Act.User, e.Act.Why, e.Before, e.After = alias, "", nil, nil
		if err := r.put(e, k); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	ctx, people, mine := context.Background(), groups.NewMemory(), open()
	ev := groups.NewEvaluator(people, mine, nil)
	check(people.Write(ctx, groups.PeopleChange{Upsert: []groups.User{
		{ID: "ada", Activation: groups.Activated}, {ID: "bob", Activation: groups.Deactivated}, {ID: "cleo", Activation: groups.Activated},
	}}))
	_, err := ev.Save(ctx, groups.Group{
		ID: "staff", Name: "Staff", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(groups.StatusIs(groups.StatusActive))),
	}, "root")
	check(err)
	_, err = ev.Process(ctx)
	check(err)
	for c, err := range mine.Changes(ctx, "") {
		check(err)
		fmt.Println(c.Cursor, c.User, c.Kind, c.Group)
	}
	for _, row := range mine.now() {
		fmt.Println(strings.ReplaceAll(row.key, "\x00", " / "))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
