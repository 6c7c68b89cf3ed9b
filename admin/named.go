package admin

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/grouprules/groups"
)

// A NamedUser is a user whom a user condition of criteria names.
type NamedUser struct {
	// Pointer is the JSON pointer of the condition, such as "/sets/0/conditions/1", in what
	// [Desk.ReadCriteria] gives as well.
	Pointer string `json:"pointer"`
	// Operator is what the condition asks: "User is", "User is not", "User is or below" (the user, or who
	// reports to them), "User is not or below", "User is below" or "User is not below", with the levels
	// where they are bounded: "User is or below (2 levels)".
	Operator string `json:"operator"`
	User     Person `json:"user"`
	// Expired: the user's time is known to be up.
	Expired bool `json:"expired,omitempty"`
}

// String returns the operator and the user: "User is not [Anna Smith, u1 (Inactive)]".
func (n NamedUser) String() string { return n.Operator + " " + n.User.String() }

// A UserSearch finds users named in criteria. Texts are compared as the library compares texts, by what
// they begin with; blank ones ask nothing. All that is asked must hold, so that a zero UserSearch, or
// a nil one, finds every named user.
type UserSearch struct {
	// FirstName and LastName are what the name, or some word of it, begins with.
	FirstName string
	LastName  string
	// ID is what the user ID begins with; upper and lower case are the same.
	ID string
	// Statuses, of which one must be known to hold; none asks nothing.
	Statuses []groups.UserStatus
	// FirstNameField and LastNameField are the fields of the host that hold the two names; blank is
	// "first_name" and "last_name". Where the schema has no such field, the words of [groups.Name] are
	// searched instead.
	FirstNameField groups.TextField
	LastNameField  groups.TextField
}

// NamedUsers returns the users whom the user conditions of criteria name, in the order of the criteria and as
// often as they are named. The criteria are those of a stored group, of a draft, or of an edit
// ([Desk.ParseCriteria]). Inactive users are flagged by their label ([Person.String]) whatever the operator;
// Cornerstone flags them in "User is", "User is not", "User is or below" and "User is not or below". Users
// who are in a group by another condition are not named, and not found. A condition that is opaque to the
// actor ([Desk.ReadCriteria]) is passed over.
//
// With a search only the users that it finds are returned; of a user who is not in the directory the ID is
// known and nothing else. A search that no criteria could ask, such as for a text of more than 5,000
// bytes or that is not UTF-8, is a [*groups.CriteriaError]. It looks up the named users, not the members.
func (d *Desk) NamedUsers(ctx context.Context, actor Actor, c groups.Criteria, search *UserSearch) ([]NamedUser, error) {
	schema, err := d.dir.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	finds, err := search.compile(schema)
	if err != nil {
		return nil, err
	}
	sees, err := d.lookAt(ctx, actor, located(c))
	if err != nil {
		return nil, err
	}
	var ids []groups.UserID
	for u := range usersNamed(c) {
		ids = append(ids, u)
	}
	found := map[groups.UserID]NamedUser{}
	err = d.lookUp(ctx, ids, func(id groups.UserID, u *groups.User) {
		if finds(id, u) {
			found[id] = NamedUser{User: person(id, u), Expired: u != nil && u.Expiry == groups.Expired}
		}
	})
	if err != nil {
		return nil, err
	}
	var list []NamedUser
	for _, c := range located(c) {
		users, ok := c.says.(groups.UserCondition)
		if !ok || !sees.sees(users) {
			continue
		}
		for _, id := range users.Users {
			if n, ok := found[id]; ok {
				n.Pointer, n.Operator = c.pointer(), operator(users)
				list = append(list, n)
			}
		}
	}
	return list, nil
}

// usersNamed yields the users named in user conditions, as often as they are.
func usersNamed(c groups.Criteria) iter.Seq[groups.UserID] {
	return func(yield func(groups.UserID) bool) {
		for _, c := range located(c) {
			if users, ok := c.says.(groups.UserCondition); ok {
				for _, u := range users.Users {
					if !yield(u) {
						return
					}
				}
			}
		}
	}
}

// operator is what a user condition says of each of its users.
func operator(c groups.UserCondition) string {
	words := "User is"
	if c.Negated {
		words += " not"
	}
	switch c.Op {
	case groups.UserIs().Op:
	case groups.UserBelow().Op:
		words += " below"
	case groups.UserIsOrBelow().Op:
		words += " or below"
	default:
		words += " " + strconv.Quote(string(c.Op))
	}
	switch {
	case c.Depth == 1:
		words += " (1 level)"
	case c.Depth != 0:
		words += " (" + strconv.Itoa(c.Depth) + " levels)"
	}
	return words
}

// The fields of the users that a search is matched against: made for it, of texts that fold, whatever
// the fields of the host are.
const (
	firstName groups.TextField = "first_name"
	lastName  groups.TextField = "last_name"
	userID    groups.TextField = "user_id"
)

// compile returns what tells the users found. A search is a rule, so that texts and statuses mean what
// they mean in rules.
func (s *UserSearch) compile(schema *groups.Schema) (finds func(groups.UserID, *groups.User) bool, err error) {
	if s == nil {
		s = &UserSearch{}
	}
	var asked []groups.Condition
	for _, ask := range []groups.FieldCondition{
		firstName.StartsWith(s.FirstName), lastName.StartsWith(s.LastName), userID.StartsWith(s.ID),
	} {
		if strings.TrimSpace(ask.Values[0].String()) != "" {
			asked = append(asked, ask)
		}
	}
	if len(s.Statuses) > 0 {
		asked = append(asked, groups.StatusIs(s.Statuses...))
	}
	if len(asked) == 0 {
		return func(groups.UserID, *groups.User) bool { return true }, nil
	}
	one := &groups.Schema{Fields: []groups.Field{
		{Name: string(firstName), Type: groups.TypeText, Several: true},
		{Name: string(lastName), Type: groups.TypeText, Several: true},
		{Name: string(userID), Type: groups.TypeText},
	}}
	rule, err := one.Compile(groups.AllSets(groups.All(asked...)))
	if err != nil {
		return nil, fmt.Errorf("search for users: %w", err)
	}
	first, last := searched(schema, s.FirstNameField, firstName), searched(schema, s.LastNameField, lastName)
	return func(id groups.UserID, u *groups.User) bool {
		about := groups.User{ID: id, Fields: map[string]groups.Value{string(userID): groups.Text(string(id))}}
		if u != nil {
			about.Activation, about.Expiry = u.Activation, u.Expiry
			about.Fields[string(firstName)] = groups.Text(fromEachWord(u.Fields[first])...)
			about.Fields[string(lastName)] = groups.Text(fromEachWord(u.Fields[last])...)
		}
		return rule.Match(&about, nil) == groups.Yes
	}, nil
}

// searched is the field that holds a name: the host's, or where it has none the whole name.
func searched(schema *groups.Schema, field, otherwise groups.TextField) string {
	if field == "" {
		field = otherwise
	}
	if _, ok := schema.Field(string(field)); ok {
		return string(field)
	}
	return string(groups.Name)
}

// fromEachWord returns each text of a value from each of its words on, so that what some word begins
// with, the text begins with: "Anna van Berg", "van Berg", "Berg".
func fromEachWord(v groups.Value) (texts []string) {
	for _, text := range v.Texts() {
		words := strings.Fields(text)
		for i := range words {
			texts = append(texts, strings.Join(words[i:], " "))
		}
	}
	return texts
}
