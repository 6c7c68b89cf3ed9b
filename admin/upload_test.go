package admin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

func named(name string) admin.Column { return admin.Column{Name: name} }
func at(position int) admin.Column   { return admin.Column{Position: position} }

// classroom has a user for each way to be named.
func classroom(t fataler) *tenant {
	t.Helper()
	w := newTenant(t, person("n1", "ada", "ada@x.org"), person("n2", "bob", "bob@x.org"), person("n3", "chloé", "shared@x.org"), person("s1", "dan", "shared@x.org"))
	w.save(t, "g")
	return w
}

// issues are issues as text.
func issues(f *admin.UserFile) []string {
	out := []string{}
	for _, i := range f.Issues {
		out = append(out, fmt.Sprintf("%d %s %s %q", i.Line, i.Code, i.Column, i.Cell))
	}
	return out
}

func TestUsersFromAFileOfColumns(t *testing.T) {
	all := admin.UserColumns{ID: named("User ID"), Username: named("login"), Email: named("E-Mail")}
	for _, c := range []struct {
		why    string
		file   string
		o      admin.UsersCSV
		want   []string
		issues []string
	}{
		{"a column by its name, case apart, and other columns beside it", "name,e-mail\nAda,ADA@x.org\nBob,bob@x.org\n",
			admin.UsersCSV{Columns: admin.UserColumns{Email: named("E-Mail")}},
			[]string{"ADA@x.org: found n1", "bob@x.org: found n2"}, []string{}},
		{"semicolons are detected", "login;note\nada;a,b\nbob;\n", admin.UsersCSV{Columns: admin.UserColumns{Username: named("login")}},
			[]string{"ada: found n1", "bob: found n2"}, []string{}},
		{"or given", "login|note\nada|;;\n", admin.UsersCSV{Columns: admin.UserColumns{Username: named("login")}, Format: groups.CSVFormat{Delimiter: '|'}},
			[]string{"ada: found n1"}, []string{}},
		{"by position, under a header", "x,y\n,n1\n", admin.UsersCSV{Columns: admin.UserColumns{ID: at(2)}}, []string{"n1: found"}, []string{}},
		{"by position, without", ",n1\n,n2\n", admin.UsersCSV{Columns: admin.UserColumns{ID: at(2)}, NoHeader: true}, []string{"n1: found", "n2: found"}, []string{}},
		{"a charset", "login\nchlo\xe9\n", admin.UsersCSV{Columns: admin.UserColumns{Username: named("login")}, Format: groups.CSVFormat{Charset: "windows-1252"}},
			[]string{"chloé: found n3"}, []string{}},
		{"a charset that is not declared costs the row", "login\nchlo\xe9\nada\n", admin.UsersCSV{Columns: admin.UserColumns{Username: named("login")}},
			[]string{"ada: found n1"}, []string{`2 badKey login "chlo\xe9"`}},
		{"what is unreadable elsewhere in the row costs nothing", "login,note\nada,\xe9\n", admin.UsersCSV{Columns: admin.UserColumns{Username: named("login")}},
			[]string{"ada: found n1"}, []string{}},
		{"several columns have to agree; blank cells say nothing", "user id,login,e-mail\nn1,ada,\nn1,bob,\n,,shared@x.org\n,dan,shared@x.org\n,,\n", admin.UsersCSV{Columns: all},
			[]string{"n1, ada: found n1", "n1, bob: noSuchUser", "shared@x.org: ambiguous [n3 s1]", "dan, shared@x.org: found s1"}, []string{`6 blankKey user id ""`}},
		{"rows whose cells cannot be told apart", "login,note\nada\nbob,x,y\nada,\n", admin.UsersCSV{Columns: admin.UserColumns{Username: named("login")}},
			[]string{"ada: found n1"}, []string{`2 ragged  ""`, `3 ragged  ""`}},
		{"an ID that cannot be one is nobody's", "id\n\u202en1\n", admin.UsersCSV{Columns: admin.UserColumns{ID: named("id")}}, []string{"\u202en1: noSuchUser"}, []string{}},
	} {
		t.Run(c.why, func(t *testing.T) {
			f, err := admin.ReadUsersCSV(strings.NewReader(c.file), &c.o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.issues, issues(f)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			r := must[*admin.Report](t)(classroom(t).Find(t.Context(), root, f))
			if diff := cmp.Diff(c.want, told(r)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUsersFromAListOfOneColumn(t *testing.T) {
	for _, c := range []struct {
		why    string
		file   string
		o      *admin.UserList
		header []string
		rows   int
		want   []string
		issues []string
	}{
		{"IDs, usernames and addresses, without a header", "n1\nbob\nchloé\n", nil, nil, 3, []string{"n1: found", "bob: found n2", "chloé: found n3"}, []string{}},
		{"a header, as people write it", "User ID\nn1\n", nil, []string{"User ID"}, 1, []string{"n1: found"}, []string{}},
		{"another", "\ufeffE-mail_Address\nada@x.org\n", nil, []string{"E-mail_Address"}, 1, []string{"ada@x.org: found n1"}, []string{}},
		{"a word that is no header is a user nobody knows", "names\nn1\n", nil, nil, 2, []string{"names: noSuchUser", "n1: found"}, []string{}},
		{"of one kind", "ada\nn1\n", &admin.UserList{By: admin.ByUsername}, nil, 2, []string{"ada: found n1", "n1: noSuchUser"}, []string{}},
		{"commas that spreadsheets leave behind", "n1,\nn2,,\n", nil, nil, 2, []string{"n1: found", "n2: found"}, []string{}},
		{"a second column names nobody", "n1,Ada\nn2\n", nil, nil, 2, []string{"n2: found"}, []string{`1 ragged  ""`}},
		{"blank and unreadable cells", "n1\n\" \"\n\xff\n", nil, nil, 3, []string{"n1: found"}, []string{`2 blankKey 1 " "`, `3 badKey 1 "\xff"`}},
		{"past the most nobody is read, and that is said", "username\nn1\n\" \"\nn2\nbob\nada\n", &admin.UserList{MaxUsers: 2}, []string{"username"}, 5,
			[]string{"n1: found", "n2: found"}, []string{`3 blankKey username " "`, `5 ignored  ""`, `6 ignored  ""`}},
		{"exactly the most", "n1\nn2\n", &admin.UserList{MaxUsers: 2}, nil, 2, []string{"n1: found", "n2: found"}, []string{}},
		{"a name that a spreadsheet would run was made safe", "'=ada\n", &admin.UserList{Format: groups.CSVFormat{Guarded: true}}, nil, 1, []string{"=ada: noSuchUser"}, []string{}},
	} {
		t.Run(c.why, func(t *testing.T) {
			f, err := admin.ReadUserList(strings.NewReader(c.file), c.o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.issues, issues(f)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			r := must[*admin.Report](t)(classroom(t).Find(t.Context(), root, f))
			if diff := cmp.Diff(c.want, told(r)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if !slices.Equal(f.Header, c.header) || f.Rows != c.rows {
				t.Errorf("%d rows under %q", f.Rows, f.Header)
			}
		})
	}
}

func TestAFileThatCannotBeReliedOnIsRefusedWhole(t *testing.T) {
	id := admin.UsersCSV{Columns: admin.UserColumns{ID: named("id")}}
	with := func(f groups.CSVFormat) admin.UsersCSV { return admin.UsersCSV{Columns: id.Columns, Format: f} }
	for _, c := range []struct {
		why  string
		file io.Reader
		o    admin.UsersCSV
		want error
	}{
		{"quotes that do not pair up, after good rows", strings.NewReader("id\nn1\n\"n2\n"), id, groups.ErrQuoting},
		{"more than 3 MB", strings.NewReader("id\n" + strings.Repeat("n1\n", 1<<20)), id, groups.ErrLimit},
		{"more than the host allows", strings.NewReader("id\nn1\nn2\n"), with(groups.CSVFormat{MaxBytes: 8}), groups.ErrLimit},
		{"the charset contradicts the file", strings.NewReader("\xff\xfei\x00d\x00\n\x00"), with(groups.CSVFormat{Charset: "utf-8"}), groups.ErrCharset},
		{"no column of that name", strings.NewReader("user\nn1\n"), id, groups.ErrHeader},
		{"no column at that place", strings.NewReader("id\nn1\n"), admin.UsersCSV{Columns: admin.UserColumns{ID: at(2)}}, groups.ErrHeader},
		{"the same, without a header", strings.NewReader("n1\n"), admin.UsersCSV{Columns: admin.UserColumns{ID: at(2)}, NoHeader: true}, groups.ErrHeader},
		{"two columns of that name", strings.NewReader("id,ID\nn1,n2\n"), id, groups.ErrHeader},
		{"nothing", strings.NewReader(""), id, groups.ErrNoRows},
		{"a header alone", strings.NewReader("id\n"), id, groups.ErrNoRows},
		{"a read that fails", io.MultiReader(strings.NewReader("id\nn1\n"), iotest.ErrReader(errDead)), id, errDead},

		{"no column at all", strings.NewReader("id\n"), admin.UsersCSV{}, groups.ErrCSVOptions},
		{"a name and a place", strings.NewReader("id\n"), admin.UsersCSV{Columns: admin.UserColumns{ID: admin.Column{Name: "id", Position: 1}}}, groups.ErrCSVOptions},
		{"a place before the first", strings.NewReader("id\n"), admin.UsersCSV{Columns: admin.UserColumns{ID: at(-1)}}, groups.ErrCSVOptions},
		{"a blank name", strings.NewReader("id\n"), admin.UsersCSV{Columns: admin.UserColumns{ID: named(" ")}}, groups.ErrCSVOptions},
		{"a name without a header", strings.NewReader("id\n"), admin.UsersCSV{Columns: id.Columns, NoHeader: true}, groups.ErrCSVOptions},
		{"one column for two", strings.NewReader("id\n"), admin.UsersCSV{Columns: admin.UserColumns{ID: at(1), Email: at(1)}}, groups.ErrCSVOptions},
		{"the same, found out when it is read", strings.NewReader("id\nn1\n"), admin.UsersCSV{Columns: admin.UserColumns{ID: at(1), Email: named("Id")}}, groups.ErrCSVOptions},
		{"a delimiter that cannot be one", strings.NewReader("id\n"), with(groups.CSVFormat{Delimiter: '"'}), groups.ErrCSVOptions},
	} {
		f, err := admin.ReadUsersCSV(c.file, &c.o)
		if !errors.Is(err, c.want) || f != nil {
			t.Errorf("%s: %v, want %v", c.why, err, c.want)
		}
		if _, is := errors.AsType[*groups.CSVError](err); is == (c.want == groups.ErrCSVOptions || c.want == errDead) {
			t.Errorf("%s: %T", c.why, err)
		}
	}
	if _, err := admin.ReadUsersCSV(strings.NewReader("id\nn1\n"), nil); !errors.Is(err, groups.ErrCSVOptions) {
		t.Error(err)
	}
	for _, c := range []struct {
		why, file string
		o         *admin.UserList
		want      error
	}{
		{"a header alone", "username\n", nil, groups.ErrNoRows},
		{"nothing", "", nil, groups.ErrNoRows},
		{"more than 3 MB", strings.Repeat("n1\n", 1<<20+1), nil, groups.ErrLimit},
		{"quotes", "n1\n\"n2\n", nil, groups.ErrQuoting},
		{"fewer than no users", "n1\n", &admin.UserList{MaxUsers: -1}, groups.ErrCSVOptions},
		{"by what", "n1\n", &admin.UserList{By: 9}, groups.ErrCSVOptions},
	} {
		if f, err := admin.ReadUserList(strings.NewReader(c.file), c.o); !errors.Is(err, c.want) || f != nil {
			t.Errorf("%s: %v, want %v", c.why, err, c.want)
		}
	}
}

func TestTheErrorFileHasTheRowsAsTheyWere(t *testing.T) {
	w := classroom(t)
	if _, err := w.ev.Exclude(t.Context(), "g", groups.Decision{By: "root"}, "n2"); err != nil {
		t.Fatal(err)
	}
	const file = "e-mail;note\nada@x.org;in\nshared@x.org;=1+1\nzoe@x.org;?\n;blank\nbob@x.org;excluded\nragged\n"
	f := must[*admin.UserFile](t)(admin.ReadUsersCSV(strings.NewReader(file), &admin.UsersCSV{Columns: admin.UserColumns{Email: named("e-mail")}}))
	r := must[*admin.Report](t)(w.Assign(t.Context(), root, "g", f, admin.Terms{}))
	var b strings.Builder
	if err := f.WriteErrors(&b, r); err != nil {
		t.Fatal(err)
	}
	want := `line;column;code;text;e-mail;note
3;;ambiguous;"2 users have the email address ""shared@x.org""";shared@x.org;'=1+1
4;;noSuchUser;"no user has the email address ""zoe@x.org""";zoe@x.org;?
5;e-mail;blankKey;nobody is named;;blank
6;;refused;"user ""n2"": excluded from the group ""g""";bob@x.org;excluded
7;;ragged;1 of 2 cells;ragged
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// Before anything was done it has what is wrong with the file itself.
	b.Reset()
	if err := f.WriteErrors(&b, nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "\n"); got != 3 {
		t.Errorf("%d lines: %s", got, b.String())
	}

	// Put right, it is read again as it is.
	fixed := strings.NewReplacer("zoe@x.org", "dan@x.org").Replace(want)
	if _, err := admin.ReadUsersCSV(strings.NewReader(fixed), &admin.UsersCSV{Columns: admin.UserColumns{Email: named("e-mail")}, Format: groups.CSVFormat{Guarded: true}}); err != nil {
		t.Error(err)
	}
}

func TestTheSampleReadsBackWithoutIssues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := &admin.UsersCSV{NoHeader: rapid.Bool().Draw(t, "no header")}
		o.Format.Delimiter = rapid.SampledFrom([]rune{0, ',', ';', '\t', '|'}).Draw(t, "delimiter")
		places := rapid.Permutation([]int{1, 2, 3, 4, 7}).Draw(t, "places")
		names := rapid.Permutation([]string{"id", "ID number", "e;mail", "Benutzer, Name", "email", "größe"}).Draw(t, "names")
		n := 0
		for i, c := range []*admin.Column{&o.Columns.ID, &o.Columns.Username, &o.Columns.Email} {
			switch {
			case rapid.IntRange(0, 2).Draw(t, "mapped") == 0:
				continue
			case o.NoHeader || rapid.Bool().Draw(t, "by place"):
				c.Position = places[i]
			default:
				c.Name = names[i]
			}
			n++
		}
		var b bytes.Buffer
		err := o.WriteSample(&b)
		if n == 0 {
			if !errors.Is(err, groups.ErrCSVOptions) || b.Len() > 0 {
				t.Fatalf("%v after %q", err, b.String())
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		file := b.String()
		f, err := admin.ReadUsersCSV(&b, o)
		if err != nil || len(f.Issues) > 0 || f.Rows != 2 {
			t.Fatalf("%q: %v, %+v", file, err, f)
		}
		w := newTenant(t, person("u1", "ada", "ada@example.com"), person("u2", "grace", "grace@example.com"))
		if r, err := w.Find(t.Context(), root, f); err != nil || r.Count(admin.Found) != 2 {
			t.Fatalf("%q: %v, %v", file, err, r)
		}
	})
}

func TestAPresetIsPlainJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		column := rapid.Custom(func(t *rapid.T) admin.Column {
			return admin.Column{Name: rapid.String().Draw(t, "name"), Position: rapid.IntRange(0, 9).Draw(t, "position")}
		})
		want := admin.UserColumns{ID: column.Draw(t, "id"), Username: column.Draw(t, "username"), Email: column.Draw(t, "email")}
		data, err := json.Marshal(want)
		var got admin.UserColumns
		if err == nil {
			err = json.Unmarshal(data, &got)
		}
		if err != nil || got != want {
			t.Fatalf("%s is %+v and not %+v, %v", data, got, want, err)
		}
	})
	data, _ := json.Marshal(admin.UserColumns{Email: named("E-Mail"), Username: at(2)})
	if string(data) != `{"username":{"position":2},"email":{"name":"E-Mail"}}` {
		t.Errorf("%s", data)
	}
}

// The export of a group, uploaded to the same group, has nobody join or leave; of a manual group it
// changes nothing at all.
func TestAnUploadOfItsOwnExportMovesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawnTenant(t)
		if _, err := w.ev.Process(t.Context()); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := w.ev.WriteMembersCSV(t.Context(), &b, "g", &groups.MembersCSV{Population: true}); err != nil {
			t.Fatal(err)
		}
		before := w.population(t, "g")
		f, err := admin.ReadUsersCSV(&b, &admin.UsersCSV{Columns: admin.UserColumns{ID: named("user")}, Format: groups.CSVFormat{Guarded: true}})
		if errors.Is(err, groups.ErrNoRows) && len(before) == 0 {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		stored := standings(t, w)
		r, err := w.Assign(t.Context(), root, "g", f, admin.Terms{})
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range r.Outcomes {
			if o.Code != admin.Done && o.Code != admin.Already || o.Method == groups.Outside || !strings.HasPrefix(before[i], string(o.User)+" ") {
				t.Errorf("%s was exported, and is %v", before[i], o)
			}
			if o.Change != nil && o.Change.Kind != groups.Switched {
				t.Errorf("%v: %+v", o, o.Change)
			}
			was, is := stored[o.User], standings(t, w)[o.User]
			if was.Assignment != nil && was.Assignment.Until.IsZero() && !cmp.Equal(was, is) {
				t.Errorf("%v is written anew", o)
			}
		}
		if after := w.population(t, "g"); len(after) != len(before) {
			t.Errorf("%v were in, and now %v", before, after)
		}
	})
}

// FuzzUpload: whatever is uploaded is refused, or each of its rows names somebody, has an issue, or is ignored.
func FuzzUpload(f *testing.F) {
	for i, file := range []string{
		"", "id\n", "id,email\nn1,\n", "n1\nn2\n", "email;x\nada@x.org;1\n;2\n3\n", "\"id\n", "\xff\xfei\x00d\x00\n\x00", "\ufeffuser id\nn1,,\n\xff\n", "sep=|\nid|x\nn1|'=1\n", "a,a\n",
	} {
		f.Add([]byte(file), byte(i))
	}
	f.Fuzz(func(t *testing.T, file []byte, shape byte) {
		format := groups.CSVFormat{MaxBytes: 1 << 16, MaxCell: 256, MaxColumns: 16, Guarded: shape&1 != 0}
		format.Delimiter = []rune{0, ',', ';', '，'}[shape>>1&3]
		var u *admin.UserFile
		var err error
		if shape&8 != 0 {
			u, err = admin.ReadUserList(bytes.NewReader(file), &admin.UserList{MaxUsers: 3, Format: format})
		} else {
			u, err = admin.ReadUsersCSV(bytes.NewReader(file), &admin.UsersCSV{Columns: admin.UserColumns{ID: at(1), Email: at(2)}, NoHeader: shape&16 != 0, Format: format})
		}
		if err != nil {
			if _, ok := errors.AsType[*groups.CSVError](err); !ok || u != nil {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		r, err := newTenant(t, person("n1", "ada", "ada@x.org")).Find(t.Context(), root, u)
		if err != nil {
			t.Fatal(err)
		}
		rejected := len(u.Issues) - u.Ignored
		if len(r.Outcomes)+rejected+u.Ignored != u.Rows {
			t.Errorf("%d rows: %d outcomes, %d rejected, %d ignored", u.Rows, len(r.Outcomes), rejected, u.Ignored)
		}
		for i := 1; i < len(r.Outcomes); i++ {
			if r.Outcomes[i].Line <= r.Outcomes[i-1].Line {
				t.Errorf("line %d after line %d", r.Outcomes[i].Line, r.Outcomes[i-1].Line)
			}
		}
		var b bytes.Buffer
		if err := u.WriteErrors(&b, r); err != nil {
			t.Error(err)
		}
		bad := rejected + u.Ignored + r.Count(admin.NoSuchUser) + r.Count(admin.Ambiguous)
		written, err := (&groups.CSVFormat{Delimiter: u.Delimiter}).Read(&b, false)
		if err != nil || len(written.Rows) != bad+1 {
			t.Errorf("an error file of %d rows: %v, %q", bad, err, b.String())
		}
	})
}

func TestTwoThousandOpenUniversityStudentsAtMost(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "..", "shared", "data", "oulad", "people.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the data is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	people := must[*groups.CSVTable](t)((&groups.CSVFormat{}).Read(file, true))
	key, ok := people.Column("Student_ID")
	if !ok {
		t.Fatalf("no key among %q", people.Header)
	}
	var users []groups.User
	var ids strings.Builder
	for i, row := range people.Rows {
		users = append(users, groups.User{ID: groups.UserID(row.Cells[key]), Activation: groups.Activated})
		if i < 2500 {
			fmt.Fprintln(&ids, row.Cells[key])
		}
	}
	w := newTenant(t, users...)
	w.save(t, "course")
	f := must[*admin.UserFile](t)(admin.ReadUserList(strings.NewReader(ids.String()), nil))
	if f.Rows != 2500 || f.Ignored != 500 || len(f.Issues) != 500 ||
		f.Issues[0].String() != "line 2001: ignored: a list has 2000 users at most" {
		t.Fatalf("%d rows, %d ignored: %v", f.Rows, f.Ignored, f.Issues[:1])
	}
	r := must[*admin.Report](t)(w.Assign(t.Context(), root, "course", f, admin.Terms{}))
	if n := len(w.population(t, "course")); r.Count(admin.Done) != 2000 || n != 2000 {
		t.Errorf("%d done, %d in", r.Count(admin.Done), n)
	}

	// The error file has all that were ignored, and uploaded in its turn brings them in.
	var b bytes.Buffer
	if err := f.WriteErrors(&b, r); err != nil {
		t.Fatal(err)
	}
	rest := must[*admin.UserFile](t)(admin.ReadUsersCSV(&b, &admin.UsersCSV{Columns: admin.UserColumns{ID: named("1")}}))
	r = must[*admin.Report](t)(w.Assign(t.Context(), root, "course", rest, admin.Terms{}))
	if n := len(w.population(t, "course")); r.Count(admin.Done) != 500 || n != 2500 {
		t.Errorf("%d more are done, %d in", r.Count(admin.Done), n)
	}
}
