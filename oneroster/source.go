package oneroster

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// A source is a CSV file of a bundle that was not opened yet.
type source struct {
	name string // as it is called, without folder
	open func() (io.ReadCloser, error)
}

// is reports whether the standard calls the file so. Programs differ in the case.
func (s *source) is(name string) bool { return strings.EqualFold(s.name, name+".csv") }

// idle tells what archives and desktops leave in folders.
func idle(name string) bool { return strings.HasPrefix(name, ".") || name == "__MACOSX" }

func isCSV(name string) bool { return strings.EqualFold(path.Ext(name), ".csv") }

// A collection has the sources found so far, and what is wrong with where they are.
type collection struct {
	opts     *Options
	sources  []source
	problems []Problem
	names    map[string]string // lower case
	bytes    int64
}

func (c *collection) refuse(name, code, format string, a ...any) {
	c.problems = append(c.problems, Problem{File: fmt.Sprintf("%.200q", name), Code: code, Text: fmt.Sprintf(format, a...)})
}

// add takes in a file by its whole name.
func (c *collection) add(whole string, size uint64, open func() (io.ReadCloser, error)) {
	name := path.Base(whole)
	if first, twice := c.names[strings.ToLower(name)]; twice {
		c.refuse(whole, "repeated", "%.200q is there already", first)
		return
	}
	c.names[strings.ToLower(name)] = whole
	if left := uint64(c.opts.MaxBytes - c.bytes); size > left {
		c.refuse(whole, "tooLarge", "%d bytes unpacked, and %d are left of the %d that all files may have", size, left, c.opts.MaxBytes)
		return
	}
	c.bytes += int64(size)
	c.sources = append(c.sources, source{name, open})
}

// inFolder finds the files of a folder.
func (o *Options) inFolder(fsys fs.FS) ([]source, []Problem, error) {
	c := collection{opts: o, names: map[string]string{}}
	folder := "."
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return nil, nil, fmt.Errorf("read the folder: %w", err)
	}
	var folders []string
	csv := false
	for _, e := range entries {
		csv = csv || isCSV(e.Name())
		if e.IsDir() && !idle(e.Name()) {
			folders = append(folders, e.Name())
		}
	}
	if !csv && len(folders) == 1 {
		folder = folders[0]
		if entries, err = fs.ReadDir(fsys, folder); err != nil {
			return nil, nil, fmt.Errorf("read the folder: %w", err)
		}
	}
	if len(entries) > o.MaxFiles {
		c.refuse(folder, "tooLarge", "%d files, and a bundle may have %d", len(entries), o.MaxFiles)
		return nil, c.problems, nil
	}
	for _, e := range entries {
		whole := path.Join(folder, e.Name())
		if idle(e.Name()) || !isCSV(e.Name()) {
			continue
		}
		if !e.Type().IsRegular() {
			c.refuse(whole, "path", "it is a link or no file")
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, nil, fmt.Errorf("read the folder: %w", err)
		}
		c.add(whole, uint64(max(info.Size(), 0)), func() (io.ReadCloser, error) { return fsys.Open(whole) })
	}
	return c.sources, c.problems, nil
}

// inZip finds the files of a zip, all of which are in one folder.
func (o *Options) inZip(files []*zip.File) ([]source, []Problem) {
	c := collection{opts: o, names: map[string]string{}}
	if len(files) > o.MaxFiles {
		c.refuse("zip", "tooLarge", "%d entries, and a bundle may have %d", len(files), o.MaxFiles)
		return nil, c.problems
	}
	folder, found := "", false
	for _, f := range files {
		name := strings.TrimSuffix(f.Name, "/")
		mode := f.Mode()
		switch {
		case strings.Contains(name, `\`) || !fs.ValidPath(name):
			c.refuse(f.Name, "path", "the name is absolute, has .. or a backslash, or is no name")
			continue
		case mode&fs.ModeType != 0 && !mode.IsDir():
			c.refuse(f.Name, "path", "it is a link or no file")
			continue
		case mode.IsDir() || idle(path.Base(name)) || idle(strings.Split(name, "/")[0]) || !isCSV(name):
			continue
		case f.Flags&1 != 0:
			c.refuse(f.Name, "path", "it is encrypted")
			continue
		}
		dir := path.Dir(name)
		if !found {
			folder, found = dir, true
		}
		switch {
		case strings.Contains(dir, "/"):
			c.refuse(f.Name, "path", "it is in a folder of a folder")
		case dir != folder:
			c.refuse(f.Name, "path", "it is in folder %.200q, and other files are in %.200q", dir, folder)
		case f.UncompressedSize64 > 1<<20 && f.UncompressedSize64/uint64(o.MaxRatio) >= max(f.CompressedSize64, 1):
			c.refuse(f.Name, "tooLarge", "%d bytes were packed into %d, which is more than %d times as small", f.UncompressedSize64, f.CompressedSize64, o.MaxRatio)
		default:
			c.add(name, f.UncompressedSize64, f.Open)
		}
	}
	return c.sources, c.problems
}

// damaged tells the errors of a zip that is not what it says it is from those of reading it.
func damaged(err error) bool {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrAlgorithm) ||
		errors.Is(err, io.ErrUnexpectedEOF)
}

// errEntries refuses a zip while its directory is read, of which the memory that it takes is many times its size.
var errEntries = errors.New("its directory is too large")

// A directory reads that of a zip, and no more of it than the entries that a bundle may have need.
type directory struct {
	io.ReaderAt
	left int64
	done bool // what is read now are files
}

func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if d.left -= int64(len(p)); d.left < 0 && !d.done {
		return 0, errEntries
	}
	return d.ReaderAt.ReadAt(p, at)
}
