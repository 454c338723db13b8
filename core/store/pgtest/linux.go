package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// servant is who runs the server where we are root, which it does not want to be.
func servant() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// hand gives a folder to the servant.
func hand(dir string) error {
	c, err := servant()
	if c == nil || err != nil {
		return err
	}
	return os.Chown(dir, int(c.Uid), int(c.Gid))
}

// command is a program of the server's.
func command(name string, args ...string) (*exec.Cmd, error) {
	c, err := servant()
	cmd := exec.Command(name, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c, Pdeathsig: syscall.SIGQUIT} // with us, whatever ends us
	return cmd, err
}

// end has the server break off what is under way and waits for it.
func end(run *exec.Cmd) error {
	if err := run.Process.Signal(syscall.SIGQUIT); err != nil {
		return err
	}
	_ = run.Wait() // it says that it was asked to
	return nil
}
