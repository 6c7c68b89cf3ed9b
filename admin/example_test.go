package admin_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// school is a tenant with a few teachers and the automatic group of those who teach maths.
func school() (*admin.Desk, *groups.Evaluator, *groups.Memory) {
	ctx, lms := context.Background(), groups.NewMemory()
	ev := groups.NewEvaluator(lms, lms, nil)
	teacher := func(id groups.UserID, username, title string) groups.User {
		return groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{
			"username": groups.Text(username), "email": groups.Text(username + "@school.example"), "title": groups.Text(title),
		}}
	}
	check(lms.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}},
		Upsert: []groups.User{teacher("1", "ada", "Maths"), teacher("2", "bob", "Music"), teacher("3", "cleo", "Music")},
	}))
	_, err := ev.Save(ctx, groups.Group{
		ID: "maths", Name: "Maths", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(Title.Is("maths"))),
	}, "head")
	check(err)
	_, err = ev.Process(ctx)
	check(err)
	return admin.New(ev, lms, lms, nil), ev, lms
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleDesk_Assign() {
	desk, _, _ := school()
	head := admin.Administrator("head")
	r, err := desk.Assign(context.Background(), head, "maths",
		admin.Named{Texts: []string{"ada", "BOB@school.example", "2", "zoe"}}, admin.Terms{Why: "substitutes"})
	check(err)
	for _, o := range r.Outcomes {
		fmt.Println(o)
	}
	fmt.Println(r.Count(admin.Done), "done;", len(r.Run.Changes()), "changes")
	// Output:
	// "ada": done, manual
	// "BOB@school.example": done, manual
	// "2": repeated: named before, as "BOB@school.example"
	// "zoe": noSuchUser: no user has the ID, username or email address "zoe"
	// 2 done; 2 changes
}

func ExampleDesk_TakeOut() {
	ctx := context.Background()
	desk, _, _ := school()
	head := admin.Administrator("head")
	_, err := desk.Assign(ctx, head, "maths", admin.Users("2"), admin.Terms{})
	check(err)
	r, err := desk.TakeOut(ctx, head, "maths", admin.Users("1", "2", "3"))
	check(err)
	for _, o := range r.Outcomes {
		fmt.Println(o)
	}
	// Output:
	// "1": refused: user "1" is in group "maths" because of its rule: title is maths
	// "2": done, outside
	// "3": already: not in group "maths" already
}

func ExampleDesk_SwitchToManual() {
	ctx := context.Background()
	desk, _, _ := school()
	head := admin.Administrator("head")
	r, err := desk.SwitchToManual(ctx, head, "maths", admin.Users("1", "2"), admin.Terms{})
	check(err)
	fmt.Println(r.Outcomes[0], r.Outcomes[0].Change.Kind)
	fmt.Println(r.Outcomes[1])
	r, err = desk.RemoveManual(ctx, head, "maths", admin.Users("1"))
	check(err)
	fmt.Println(r.Outcomes[0], r.Outcomes[0].Change.Kind)
	// Output:
	// "1": done, manual switched
	// "2": notIn: not in group "maths"
	// "1": done, automatic switched
}

func ExampleReadUsersCSV() {
	ctx := context.Background()
	desk, _, _ := school()
	file := strings.NewReader("Name;E-mail\nBob;bob@school.example\nZoe;zoe@school.example\nCleo;\n")
	options := admin.UsersCSV{Columns: admin.UserColumns{Email: admin.Column{Name: "e-mail"}}}

	upload, err := admin.ReadUsersCSV(file, &options) // nothing is looked up, nothing written
	check(err)
	fmt.Println(upload.Rows, "rows, of which", len(upload.Issues), "cannot be used")
	r, err := desk.Assign(ctx, admin.Administrator("head"), "maths", upload, admin.Terms{})
	check(err)
	fmt.Println(r.Count(admin.Done), "assigned; the others:")
	check(upload.WriteErrors(os.Stdout, r))
	// Output:
	// 3 rows, of which 1 cannot be used
	// 1 assigned; the others:
	// line;column;code;text;Name;E-mail
	// 3;;noSuchUser;"no user has the email address ""zoe@school.example""";Zoe;zoe@school.example
	// 4;E-mail;blankKey;nobody is named;Cleo;
}

func ExampleReadUserList() {
	file := strings.NewReader("Username\nbob\ncleo\nada\n")
	list, err := admin.ReadUserList(file, &admin.UserList{MaxUsers: 2})
	check(err)
	fmt.Println(list.Rows, "rows under", list.Header, "and", list.Ignored, "ignored")

	desk, _, _ := school()
	preview, err := desk.Find(context.Background(), admin.Administrator("head"), list)
	check(err)
	for _, o := range preview.Outcomes {
		fmt.Println(o.Line, o.Named, o.Code, o.User)
	}
	// Output:
	// 3 rows under [Username] and 1 ignored
	// 2 bob found 2
	// 3 cleo found 3
}

func ExampleUsersCSV_WriteSample() {
	options := admin.UsersCSV{
		Columns: admin.UserColumns{ID: admin.Column{Name: "Employee number"}, Email: admin.Column{Name: "E-mail"}},
		Format:  groups.CSVFormat{Delimiter: ';'},
	}
	check(options.WriteSample(os.Stdout))
	// Output:
	// Employee number;E-mail
	// u1;ada@example.com
	// u2;grace@example.com
}

// The list of an inactive group, exported while it is being prepared, can be uploaded to another.
func Example_exportOfAnInactiveGroup() {
	ctx := context.Background()
	desk, ev, _ := school()
	for _, id := range []groups.GroupID{"draft", "copy"} {
		_, err := ev.Save(ctx, groups.Group{ID: id, Name: string(id)}, "head")
		check(err)
	}
	head := admin.Administrator("head")
	_, err := desk.Assign(ctx, head, "draft", admin.Users("2", "3"), admin.Terms{})
	check(err)

	var file bytes.Buffer
	check(ev.WriteMembersCSV(ctx, &file, "draft", &groups.MembersCSV{Population: true, Fields: []string{"username"}}))
	fmt.Print(file.String())
	upload, err := admin.ReadUsersCSV(&file, &admin.UsersCSV{
		Columns: admin.UserColumns{ID: admin.Column{Name: "user"}}, Format: groups.CSVFormat{Guarded: true},
	})
	check(err)
	r, err := desk.Assign(ctx, head, "copy", upload, admin.Terms{})
	check(err)
	fmt.Println(r.Count(admin.Done), "assigned")
	// Output:
	// user,method,list,username
	// 2,manual,population,bob
	// 3,manual,population,cleo
	// 2 assigned
}
