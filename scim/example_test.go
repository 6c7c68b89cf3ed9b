package scim_test

import (
	"encoding/json"
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/scim"
)

// A provider sends a user and a change of them, asks with a filter, and is told who joined.
func Example() {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	people := &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}}
	m := scim.Standard()
	m.Attributes = append(m.Attributes, scim.Attribute{Path: "title", Field: "title"})
	tr, err := scim.New(people, m)
	check(err)

	r, err := scim.ParseResource([]byte(`{"schemas": ["` + scim.User + `"], "id": "u1", "userName": "ida", "title": "Guide", "active": true}`))
	check(err)
	r, err = r.Patch([]byte(`{"schemas": ["` + scim.PatchOp + `"], "Operations": [
		{"op": "Replace", "path": "title", "value": "Head of tours"}, {"op": "add", "path": "` + scim.Enterprise + `:manager", "value": "u9"}]}`))
	check(err)
	u, err := tr.Person(r)
	check(err)
	fmt.Println(u.ID, u.Activation, u.Fields["title"], u.Manager)

	c, err := tr.Criteria(`(title sw "head" or title co "lead") and active eq true`)
	check(err)
	fmt.Println(c)
	filter, err := tr.Filter(groups.AllSets(groups.All(groups.TextField("title").Is("guide", "driver"), groups.StatusIs(groups.StatusActive))))
	check(err)
	fmt.Println(filter)
	_, err = tr.Criteria(`title pr and nickName gt "x"`)
	fmt.Println(err)

	for _, p := range scim.Patches([]groups.Change{{Group: "tours", User: "u1", Kind: groups.Joined}}, 0, func(u groups.UserID) string { return string(u) }) {
		body, err := json.Marshal(p)
		check(err)
		fmt.Println(string(body))
	}
	// Output:
	// u1 active Head of tours u9
	// (title starts with head OR title contains lead) AND status is active
	// ((title eq "guide" or title eq "driver") and active eq true)
	// scim: column 14: nickName: does not map: the attribute is not mapped
	// {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"u1"}]}]}
}
