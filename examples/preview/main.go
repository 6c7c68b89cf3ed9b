// Preview is the page on which an administrator edits a rule: the live number while they write, who would join, leave
// and stay, and a publication that does exactly that, or says what has changed since they looked.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

const title groups.TextField = "title"

func person(id groups.UserID, name, title string) groups.User {
	return groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"name": groups.Text(name), "title": groups.Text(title)}}
}

func main() {
	ctx, lms, head := context.Background(), groups.NewMemory(), admin.Administrator("head")
	ev := groups.NewEvaluator(lms, lms, nil)
	desk := admin.New(ev, lms, lms, &admin.Policy{RequirePreview: true})
	check(lms.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}},
		Upsert: []groups.User{person("1", "Ada", "Nurse"), person("2", "Bob", "Head nurse"), person("3", "Cleo", "Doctor")},
	}))
	must(ev.Save(ctx, groups.Group{
		ID: "ward", Name: "Ward", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(title.Is("nurse"))),
	}, "head"))
	must(ev.Process(ctx))

	// The administrator types another rule, and sees a number after each key.
	edit := must(lms.Group(ctx, "ward"))
	edit.Criteria = must(must(lms.Schema(ctx)).ParseCriteria([]byte(
		`{"match":"any","sets":[{"match":"any","conditions":[{"kind":"field","field":"title","op":"contains","values":["head","doctor"]}]}]}`)))
	fmt.Println("live:", must(ev.Count(ctx, edit)).Population)

	// They look at who that is. The plan travels to the page and back as JSON.
	plan := must(ev.Preview(ctx, edit, nil))
	show(must(desk.Lines(ctx, head, plan, "", "")))
	page := must(json.Marshal(plan))

	// Meanwhile somebody is hired: what was shown is not what would happen.
	check(lms.Write(ctx, groups.PeopleChange{Upsert: []groups.User{person("4", "Dan", "Doctor")}}))
	var shown groups.Plan
	check(json.Unmarshal(page, &shown))
	_, err := desk.Publish(ctx, head, &shown)
	stale, is := errors.AsType[*groups.StaleError](err)
	if !is {
		log.Fatal(err)
	}
	for _, d := range stale.Difference {
		fmt.Println("since you looked:", d)
	}

	// They look again, and publish.
	plan = must(ev.Preview(ctx, edit, nil))
	run := must(desk.Publish(ctx, head, plan))
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind)
	}
}

func show(lines []admin.Line) {
	for _, l := range lines {
		fmt.Println(l.Heading, l.Person)
	}
}

func must[T any](v T, err error) T { check(err); return v }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
