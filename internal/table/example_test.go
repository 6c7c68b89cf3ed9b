package table_test

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/grouprules/groups/internal/table"
)

func ExampleOpen() {
	file := "sep=;\r\nid; Name \r\n1;\"Ann \"\"A\"\"\"\r\n2;na\xefve\r\n3\r\n"
	r, err := table.Open(strings.NewReader(file), table.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q, by %q\n", r.Header(), r.Delimiter())
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err) // the file is unreadable: forget the rows before this as well
			return
		}
		for i, cell := range row.Cells() {
			if reason, bad := row.Unreadable(i); bad {
				fmt.Printf("line %d, column %d: %s\n", row.Line, row.Column(i), reason)
				continue
			}
			fmt.Printf("line %d: %s is %q\n", row.Line, r.Header()[i], cell)
		}
		if row.Ragged() {
			fmt.Printf("line %d: %d cells under %d names\n", row.Line, len(row.Spans), len(r.Header()))
		}
	}
	// Output:
	// ["id" "Name"], by ';'
	// line 3: id is "1"
	// line 3: Name is "Ann \"A\""
	// line 4: id is "2"
	// line 4, column 3: it is not UTF-8: declare the charset of the file, such as windows-1252
	// line 5: id is "3"
	// line 5: 1 cells under 2 names
}

func ExampleWriter() {
	w := table.NewWriter(os.Stdout, table.WriterOptions{Delimiter: ';'})
	w.Write("name", "note", "balance")
	w.Write("Ann", "=HYPERLINK(\"http://example.com\")", "-5")
	if err := w.Flush(); err != nil { // tells what any Write would have
		fmt.Println(err)
	}
	// Output:
	// name;note;balance
	// Ann;"'=HYPERLINK(""http://example.com"")";-5
}
