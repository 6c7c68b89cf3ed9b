package main

import (
	"slices"

	"github.com/grouprules/groups"
)

// A notification is "User subscribed to a group" (Docebo), for one user. The name and the address are
// looked up when it is sent.
type notification struct {
	user  groups.UserID
	group groups.GroupID
}

// An outbox is what is to be sent, and was.
type outbox []notification

func (o *outbox) subscribed(user groups.UserID, group groups.GroupID) {
	*o = append(*o, notification{user, group})
}

// erase leaves nothing of a user.
func (o *outbox) erase(user groups.UserID) {
	*o = slices.DeleteFunc(*o, func(n notification) bool { return n.user == user })
}
