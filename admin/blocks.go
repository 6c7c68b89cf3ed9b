package admin

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/grouprules/groups"
)

// A Block is a stretch of a long list of users: for display, and no group of its own (SkillPort's
// "display only" groups). It can be kept as JSON between two requests.
type Block struct {
	// First and Last bound the block, both included.
	First Person `json:"first"`
	Last  Person `json:"last"`
	// Users is how many there were.
	Users int `json:"users"`
}

// String names the block by its first and last user: "Anna Adams – Bob Baker". Where these have one name,
// or are one user, it tells them by their IDs: "Anna Adams, u1 – Anna Adams, u7", "Zoe Zander, u9".
func (b Block) String() string {
	switch {
	case b.First.ID == b.Last.ID:
		return b.First.withID()
	case b.First.shown() == b.Last.shown():
		return b.First.withID() + " – " + b.Last.withID()
	}
	return b.First.shown() + " – " + b.Last.shown()
}

// Blocks divides the users of a group whom the actor may see into blocks of that size, 100 where it is
// not positive, in the order of their names (SkillPort). The group's users are its population: those of an
// inactive group are whom it would have.
//
// The order is alphanumeric: that of Unicode's root collation, which serves all languages, not asking for
// case, and with numbers in the order of their values, so that "Trainee 9" comes before "Trainee 10". A
// user without a name, Empty or Unknown, stands where the ID would stand as a name. Names that are equal
// so are in the order of their bytes, and users of one name in that of their IDs: the order is total, and
// every user is in one block. Users who are not in the directory are listed only to an actor who sees
// everybody.
//
// A group that does not exist is an error that wraps [groups.ErrNotFound]. It reads every user of the
// group, in one pass over the directory where they are many, and keeps their names while it sorts them.
func (d *Desk) Blocks(ctx context.Context, actor Actor, group groups.GroupID, size int) ([]Block, error) {
	if size <= 0 {
		size = 100
	}
	list, err := d.roster(ctx, actor, group, nil)
	if err != nil {
		return nil, err
	}
	blocks := make([]Block, 0, (len(list)+size-1)/size)
	for part := range slices.Chunk(list, size) {
		blocks = append(blocks, Block{part[0].Person, part[len(part)-1].Person, len(part)})
	}
	return blocks, nil
}

// BlockUsers returns the users of one block in its order, as they are now: whom the actor may see of the
// group's users who stand from the block's first user to its last. Users who joined since and stand
// between two blocks are in neither until the blocks are made anew. It reads as much as [Desk.Blocks],
// and sorts the users of the block only.
func (d *Desk) BlockUsers(ctx context.Context, actor Actor, group groups.GroupID, b Block) ([]Person, error) {
	list, err := d.roster(ctx, actor, group, &b)
	if err != nil {
		return nil, err
	}
	people := make([]Person, len(list))
	for i, e := range list {
		people[i] = e.Person
	}
	return people, nil
}

// An entry is a person with the key by which lists are sorted.
type entry struct {
	Person
	key []byte
}

func (e entry) compare(f entry) int {
	return cmp.Or(bytes.Compare(e.key, f.key), cmp.Compare(e.shown(), f.shown()), cmp.Compare(e.ID, f.ID))
}

// roster is the users of a group whom the actor may see, sorted; with a block, those within it.
func (d *Desk) roster(ctx context.Context, actor Actor, group groups.GroupID, within *Block) ([]entry, error) {
	if _, err := d.store.Group(ctx, group); err != nil {
		return nil, err
	}
	var ids []groups.UserID
	for m, err := range d.ev.Population(ctx, group) {
		if err != nil {
			return nil, fmt.Errorf("read group %q: %w", group, err)
		}
		ids = append(ids, m.User)
	}
	order := collate.New(language.Und, collate.Numeric, collate.IgnoreCase)
	buffer := new(collate.Buffer)
	sorted := func(p Person) entry {
		buffer.Reset()
		return entry{p, bytes.Clone(order.KeyFromString(buffer, p.shown()))}
	}
	var from, to entry
	if within != nil {
		from, to = sorted(within.First), sorted(within.Last)
	}
	var list []entry
	err := d.lookUp(ctx, ids, func(id groups.UserID, u *groups.User) {
		if !actor.seen(u) {
			return
		}
		e := sorted(person(id, u))
		if within == nil || from.compare(e) <= 0 && e.compare(to) <= 0 {
			list = append(list, e)
		}
	})
	slices.SortFunc(list, entry.compare)
	return list, err
}
