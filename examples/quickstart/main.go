// Quickstart is two people, one rule, and why one of them is in.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/grouprules/groups"
)

const city groups.TextField = "city"

func main() {
	ctx, lms := context.Background(), groups.NewMemory()
	ev := groups.NewEvaluator(lms, lms, nil)
	check(lms.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "city", Type: groups.TypeText}}},
		Upsert: []groups.User{
			{ID: "ada", Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text("Berlin")}},
			{ID: "bob", Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text("Oslo")}},
		},
	}))
	_, err := ev.Save(ctx, groups.Group{
		ID: "berlin", Name: "Berlin", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(city.Is("berlin"))),
	}, "root")
	check(err)
	run, err := ev.Process(ctx)
	check(err)
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind, c.Group, "by", c.Cause)
	}
	why, err := ev.Explain(ctx, "berlin", "bob")
	check(err)
	fmt.Println(why)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
