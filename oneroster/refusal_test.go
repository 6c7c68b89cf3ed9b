package oneroster_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/oneroster"
)

// refused are the problems of an error that refuses a bundle, as "file line column code".
func refused(t testing.TB, err error) (out []string) {
	t.Helper()
	e, is := errors.AsType[*oneroster.Error](err)
	if !is {
		t.Fatalf("%v is not a refusal", err)
	}
	for _, p := range e.Problems {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d %s %s", p.File, p.Line, p.Column, p.Code)))
	}
	return out
}

func TestABundleIsRefusedWithAllThatIsWrong(t *testing.T) {
	head := "propertyName,value\noneroster.version,1.1\n"
	for _, c := range []struct {
		why  string
		in   bundle
		o    oneroster.Options
		want []string
	}{
		{"nothing", bundle{}, oneroster.Options{}, []string{"manifest.csv 0  missing"}},
		{"nothing, and no manifest either", bundle{}, oneroster.Options{Mode: oneroster.Bulk}, []string{"users.csv 0  missing"}},
		{"a manifest of something else", small().with("manifest", "a,b\n1,2\n"), oneroster.Options{}, []string{"manifest.csv 0  missing"}},
		{"no version, a mode that is none, a file that is not there", small().with("manifest", "propertyName,value\nfile.users,full\nfile.roles,bulk\nfile.orgs,bulk\nfile.classes,bulk\nfile.enrollments,bulk\n"), oneroster.Options{},
			[]string{"manifest.csv 2  mode", "manifest.csv 0  version", "roles.csv 0  missing"}},
		{"a file that the manifest does not speak of", small().with("manifest", head+"file.users,bulk\nfile.orgs,bulk\nfile.classes,bulk\nfile.enrollments,absent\n"), oneroster.Options{},
			[]string{"enrollments.csv 0  mode"}},
		{"rows of three files", small().with("users", "sourcedId,role\np,student\np,student\n,student\nt\n", "orgs", "sourcedId,parentSourcedId\nn\u200b,\n", "enrollments", "classSourcedId,userSourcedId,role\nbio1,,student\nbio1,p,\n"), oneroster.Options{},
			[]string{"orgs.csv 2 sourcedId badID", "users.csv 3 sourcedId repeated", "users.csv 4 sourcedId blank", "users.csv 5  ragged", "enrollments.csv 2 userSourcedId blank", "enrollments.csv 3 role blank"}},
		{"a character that separates values", small().with("users", "sourcedId,role,orgSourcedIds,familyName\np,student\x1fteacher,n,x\nt,teacher,n\x1fd,x\nu,student,n,a\x1fb\n"), oneroster.Options{},
			[]string{"users.csv 2 role unreadable", "users.csv 3 orgSourcedIds unreadable", "users.csv 4 familyName unreadable"}},
		{"orgs that are none", small().with("users", "sourcedId,role,orgSourcedIds,primaryOrgSourcedId\np,student,\"n,d\u200b\",n\nt,teacher,\"n,d\",n\x02\n"), oneroster.Options{},
			[]string{"users.csv 2 orgSourcedIds badID", "users.csv 3 primaryOrgSourcedId badID"}},
		{"no users in a bulk of them", small().with("users", "sourcedId,role\n"), oneroster.Options{}, []string{"users.csv 0  empty"}},
		{"no roles in a bulk of them", small().with("roles", "userSourcedId,role,orgSourcedId\n", "manifest", small()["manifest"]+"file.roles,bulk\n"), oneroster.Options{}, []string{"roles.csv 0  empty"}},
		{"all enrollments and some users", small().with("manifest", strings.Replace(small()["manifest"], "users,bulk", "users,delta", 1)), oneroster.Options{}, []string{"users.csv 0  needsBulk"}},
		{"nobody is left in a bulk", small().with("users", "sourcedId,status,role\np,tobedeleted,student\n"), oneroster.Options{}, []string{"users.csv 0  empty"}},
		{"no bytes", small().with("orgs", " "), oneroster.Options{}, []string{"orgs.csv 0  empty"}},
		{"quotes that do not pair up", small().with("users", "sourcedId,role\n\"p,student\n"), oneroster.Options{}, []string{"users.csv 2  csv"}},
		{"a charset that is none", small().with("users", "sourcedId,role\np\xff,student\n"), oneroster.Options{}, []string{"users.csv 2 sourcedId unreadable"}},
		{"the parent of orgs", small().with("orgs", "sourcedId,name\nn,North\n"), oneroster.Options{}, []string{"orgs.csv 0  missing"}},
		{"courses of a delta", small().with("manifest", strings.ReplaceAll(small()["manifest"], "bulk", "delta")), oneroster.Options{Courses: oneroster.AsCourses, Trees: map[string]groups.Tree{"school": "school"}},
			[]string{"orgs.csv 0  needsBulk", "classes.csv 0  needsBulk", "enrollments.csv 0  needsBulk"}},
		{"ends without sessions", small().with("classes", "sourcedId,termSourcedIds\nbio1,a\n", "enrollments", "sourcedId,classSourcedId,userSourcedId,role,endDate\n"), oneroster.Options{EndCompletes: true},
			[]string{"academicSessions.csv 0  needsBulk"}},
		{"too many rows", small(), oneroster.Options{Format: groups.CSVFormat{MaxRows: 4}}, []string{"manifest.csv 6  tooLarge"}},
		{"too many bytes by their size", small(), oneroster.Options{MaxBytes: 300}, []string{`"orgs.csv" 0  tooLarge`, `"users.csv" 0  tooLarge`}},
		{"too many files", small(), oneroster.Options{MaxFiles: 4}, []string{`"." 0  tooLarge`}},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := oneroster.Read(c.in.folder(), &c.o)
			if diff := cmp.Diff(c.want, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s\n%v", diff, err)
			}
		})
	}
}

// An understated folder says that its files are small.
type understated struct{ fstest.MapFS }

func (u understated) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := u.MapFS.ReadDir(name)
	for i, e := range entries {
		entries[i] = small1{e}
	}
	return entries, err
}

type small1 struct{ fs.DirEntry }

func (e small1) Info() (fs.FileInfo, error) {
	info, err := e.DirEntry.Info()
	return small2{info}, err
}

type small2 struct{ fs.FileInfo }

func (small2) Size() int64 { return 1 }

func TestMoreBytesThanAFileSaysAreNotRead(t *testing.T) {
	in := small().with("orgs", "sourcedId,parentSourcedId\n"+strings.Repeat("n", 1000)+",\n")
	_, err := oneroster.Read(understated{in.folder().(fstest.MapFS)}, &oneroster.Options{MaxBytes: 500})
	if got := refused(t, err); got[0] != "orgs.csv 2  tooLarge" {
		t.Errorf("%q", got)
	}
	in = in.with("orgs", "sourcedId,parentSourcedId\n"+strings.Repeat("n", 200)+",\n", "users", "sourcedId,username\np,"+strings.Repeat("n", 200)+"\n")
	_, err = oneroster.Read(understated{in.folder().(fstest.MapFS)}, &oneroster.Options{MaxBytes: 500})
	if got := refused(t, err); got[0] != "users.csv 2  tooLarge" {
		t.Errorf("%q", got)
	}
}

func TestOddPathsLinksAndBombsAreRefusedBeforeAnythingIsUnpacked(t *testing.T) {
	type entry struct {
		name  string
		mode  fs.FileMode
		data  string
		flags uint16
	}
	for _, c := range []struct {
		why     string
		entries []entry
		o       oneroster.Options
		want    []string // nil: it is a bundle with whatever else there is
	}{
		{"a path that leads out", []entry{{name: "../users.csv"}, {name: "a/../../roles.csv"}}, oneroster.Options{}, []string{`"../users.csv" 0  path`, `"a/../../roles.csv" 0  path`}},
		{"an absolute path", []entry{{name: "/etc/users.csv"}, {name: "C:\\users.csv"}}, oneroster.Options{}, []string{`"/etc/users.csv" 0  path`, `"C:\\users.csv" 0  path`}},
		{"a link", []entry{{name: "users.csv", mode: fs.ModeSymlink | 0o777, data: "/etc/passwd"}}, oneroster.Options{}, []string{`"users.csv" 0  path`}},
		{"a device", []entry{{name: "x", mode: fs.ModeDevice | 0o777}}, oneroster.Options{}, []string{`"x" 0  path`}},
		{"an encrypted file", []entry{{name: "users.csv", flags: 1}}, oneroster.Options{}, []string{`"users.csv" 0  path`}},
		{"the same name twice", []entry{{name: "Orgs.csv"}}, oneroster.Options{}, []string{`"orgs.csv" 0  repeated`}},
		{"another folder", []entry{{name: "other/users.csv"}}, oneroster.Options{}, []string{`"manifest.csv" 0  path`, `"orgs.csv" 0  path`}},
		{"a folder of a folder", []entry{{name: "a/b/users.csv"}}, oneroster.Options{}, []string{`"a/b/users.csv" 0  path`, `"manifest.csv" 0  path`, `"orgs.csv" 0  path`}},
		{"a bomb", []entry{{name: "users.csv", data: strings.Repeat("a", 4<<20)}}, oneroster.Options{}, []string{`"users.csv" 0  tooLarge`}},
		{"a bomb of many files", []entry{{name: "a.csv", data: "123456"}, {name: "b.csv", data: "123456"}}, oneroster.Options{MaxBytes: 90}, []string{`"orgs.csv" 0  tooLarge`}},
		{"too many entries", []entry{{name: "a"}, {name: "b"}}, oneroster.Options{MaxFiles: 3}, []string{`"zip" 0  tooLarge`}},
		{"what desktops leave there", []entry{{name: ".DS_Store"}, {name: "__MACOSX/._users.csv"}, {name: "read me.txt"}, {name: "photos/x.jpg"}, {name: "empty/", mode: fs.ModeDir | 0o755}}, oneroster.Options{}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			var data bytes.Buffer
			w := zip.NewWriter(&data)
			all := append(c.entries,
				entry{name: "manifest.csv", data: "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\n"},
				entry{name: "orgs.csv", data: "sourcedId,parentSourcedId\nn,\n"})
			for _, e := range all {
				h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Flags: e.flags}
				if e.mode != 0 {
					h.SetMode(e.mode)
				}
				f, err := w.CreateHeader(h)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := f.Write([]byte(e.data)); err != nil && !e.mode.IsDir() {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := oneroster.ReadZip(bytes.NewReader(data.Bytes()), int64(data.Len()), &c.o)
			if c.want == nil {
				if err != nil || len(b.Files) != 1 {
					t.Errorf("%v, %v", b, err)
				}
				return
			}
			if diff := cmp.Diff(c.want, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAFolderInAFolderIsABundleAndALinkIsNot(t *testing.T) {
	folder := fstest.MapFS{".git/x": {}}
	for name, file := range small().folder().(fstest.MapFS) {
		folder["export/"+strings.ToUpper(name)] = file
	}
	if b, err := oneroster.Read(folder, nil); err != nil || len(b.Files) != 4 {
		t.Errorf("%v, %v", b, err)
	}
	folder["export/users2.csv"] = &fstest.MapFile{Mode: fs.ModeSymlink | 0o777}
	_, err := oneroster.Read(folder, nil)
	if diff := cmp.Diff([]string{`"export/users2.csv" 0  path`}, refused(t, err)); diff != "" {
		t.Error(diff)
	}
}

// A zip of one file, as the header says it is.
func zipOf(t testing.TB, name string, data []byte, change func(*zip.FileHeader)) []byte {
	t.Helper()
	var packed, out bytes.Buffer
	deflate, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deflate.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := deflate.Close(); err != nil {
		t.Fatal(err)
	}
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(data), UncompressedSize64: uint64(len(data)), CompressedSize64: uint64(packed.Len())}
	change(h)
	w := zip.NewWriter(&out)
	f, err := w.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(packed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAZipThatIsDamagedIsRefused(t *testing.T) {
	whole := small().zip(t)
	manifest := []byte(small()["manifest"])
	start := len("manifest.csv") + 30 // where the packed file begins
	corrupt := zipOf(t, "manifest.csv", manifest, func(*zip.FileHeader) {})
	corrupt[start] |= 6 // a kind of block that there is not
	beheaded := zipOf(t, "manifest.csv", manifest, func(*zip.FileHeader) {})
	beheaded[0]++
	for _, c := range []struct {
		why  string
		data []byte
		want string
	}{
		{"a half", whole[:len(whole)-30], "zip 0  csv"},
		{"nothing", nil, "zip 0  csv"},
		{"another checksum", zipOf(t, "manifest.csv", manifest, func(h *zip.FileHeader) { h.CRC32++ }), "manifest.csv 0  csv"},
		{"more than it says", zipOf(t, "manifest.csv", manifest, func(h *zip.FileHeader) { h.UncompressedSize64-- }), "manifest.csv 0  csv"},
		{"less than it says", zipOf(t, "manifest.csv", manifest, func(h *zip.FileHeader) { h.UncompressedSize64++ }), "manifest.csv 0  csv"},
		{"packed in another way", zipOf(t, "manifest.csv", manifest, func(h *zip.FileHeader) { h.Method = 99 }), "manifest.csv 0  csv"},
		{"data that cannot be unpacked", corrupt, "manifest.csv 0  csv"},
		{"no file where it should be", beheaded, "manifest.csv 0  csv"},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := oneroster.ReadZip(bytes.NewReader(c.data), int64(len(c.data)), nil)
			if diff := cmp.Diff([]string{c.want}, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s\n%v", diff, err)
			}
		})
	}
}

// A metered reader counts what is read of it.
type metered struct {
	io.ReaderAt
	read int
}

func (m *metered) ReadAt(p []byte, at int64) (int, error) {
	m.read += len(p)
	return m.ReaderAt.ReadAt(p, at)
}

func TestOfAZipOfManyEntriesTheDirectoryIsNotReadToItsEnd(t *testing.T) {
	var data bytes.Buffer
	w := zip.NewWriter(&data)
	for i := range 10_000 {
		if _, err := w.Create(fmt.Sprintf("%d.csv", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	m := &metered{ReaderAt: bytes.NewReader(data.Bytes())}
	_, err := oneroster.ReadZip(m, int64(data.Len()), nil)
	if diff := cmp.Diff([]string{"zip 0  tooLarge"}, refused(t, err)); diff != "" || m.read > 256<<10 {
		t.Errorf("%d of %d bytes were read, %s", m.read, data.Len(), diff)
	}
}

func TestAnErrorOfReadingAZipIsNoRefusal(t *testing.T) {
	data := small().zip(t)
	broken := errors.New("the disk is gone")
	_, err := oneroster.ReadZip(failingFrom{bytes.NewReader(data), int64(len(data)) - 200, broken}, int64(len(data)), nil)
	if _, is := errors.AsType[*oneroster.Error](err); is || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// failingFrom cannot be read before a byte.
type failingFrom struct {
	io.ReaderAt
	from int64
	err  error
}

func (f failingFrom) ReadAt(p []byte, at int64) (int, error) {
	if at < f.from {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, at)
}

func TestAllThatIsWrongWithOptionsIsSaidAtOnce(t *testing.T) {
	_, err := oneroster.Read(small().folder(), &oneroster.Options{
		Mode: "some", Courses: 9, Missing: 9, Tree: "role", Trees: map[string]groups.Tree{"School": "a", "school": "b"}, MaxFiles: -1,
		Fields: map[string]groups.Field{
			"users.password": {Name: "p", Type: groups.TypeText}, "orgs.name": {Name: "o", Type: groups.TypeText},
			"users.x": {Name: "email", Type: groups.TypeText}, "users.y": {Name: "y"},
		},
	})
	if !errors.Is(err, oneroster.ErrOptions) || strings.Count(err.Error(), "\n") != 9 {
		t.Errorf("%v", err)
	}
}

func TestProblemsAreReadable(t *testing.T) {
	_, err := oneroster.Read(small().with("users", "sourcedId\np\np\n").folder(), nil)
	want := "the bundle is refused\nusers.csv line 3 column \"sourcedId\": repeated: \"p\" is on line 2 already"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
