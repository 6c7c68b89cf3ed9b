package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/grouprules/groups/bench/workload"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// openPostgres is PostgreSQL in a cluster of its own, in a directory that is thrown away, which listens on
// a socket in there and nowhere else.
func openPostgres(ctx context.Context, w *workload.World) (Peer, error) {
	c, err := startCluster(ctx, "-c fsync=off -c synchronous_commit=off -c full_page_writes=off")
	if err != nil {
		return nil, err
	}
	d := &database{w: w, load: copyIn, stop: c.stop}
	d.db, err = sql.Open("pgx", c.source())
	if err == nil {
		err = d.fill(ctx, true, "VACUUM (ANALYZE)")
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// copyIn loads a table by COPY.
func copyIn(ctx context.Context, conn *sql.Conn, table string, columns []string, rows iter.Seq[[]any]) error {
	next, stop := iter.Pull(rows)
	defer stop()
	return conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
			row, _ := next()
			return row, nil
		}))
		return err
	})
}

// A cluster is a server of PostgreSQL.
type cluster struct {
	dir, programs string
	as            *syscall.SysProcAttr
}

// startCluster makes and starts one, with further options; as root it does so as nobody, since the server refuses root.
func startCluster(ctx context.Context, options string) (*cluster, error) {
	c := &cluster{}
	if path, err := exec.LookPath("initdb"); err == nil {
		c.programs = filepath.Dir(path)
	} else if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		c.programs = filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))
	} else {
		return nil, fmt.Errorf("%w: no PostgreSQL server is installed (initdb is not found)", errors.ErrUnsupported)
	}
	var err error
	if c.dir, err = os.MkdirTemp("", "bench-postgres-"); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		err = c.drop()
	}
	data := filepath.Join(c.dir, "data")
	if err == nil {
		err = c.run(ctx, "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	}
	if err == nil {
		err = c.run(ctx, "pg_ctl", "-D", data, "-w", "-l", filepath.Join(c.dir, "log"), "-o",
			"-c listen_addresses='' -c unix_socket_directories="+c.dir+" "+options+
				" -c shared_buffers=2GB -c work_mem=256MB -c maintenance_work_mem=512MB -c max_wal_size=8GB -c jit=off"+
				" -c max_parallel_workers_per_gather=2", "start")
	}
	if err != nil {
		os.RemoveAll(c.dir)
		return nil, err
	}
	return c, nil
}

// source is the one database that there is.
func (c *cluster) source() string { return "host=" + c.dir + " user=bench dbname=postgres" }

// version is the number in the path of an installation.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// drop has the programs run as nobody, who is given the directory.
func (c *cluster) drop() error {
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return err
	}
	c.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(c.dir, uid, gid)
}

func (c *cluster) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(c.programs, program), args...)
	cmd.SysProcAttr, cmd.Dir = c.as, c.dir
	// Into a file: the server inherits it, and a pipe would stay open.
	out, err := os.CreateTemp(c.dir, "out-")
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", program, err, text)
	}
	return nil
}

func (c *cluster) stop() error {
	err := c.run(context.Background(), "pg_ctl", "-D", filepath.Join(c.dir, "data"), "-m", "immediate", "-w", "stop")
	if e := os.RemoveAll(c.dir); err == nil {
		err = e
	}
	return err
}
