package gateway

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Notifier tells systemd's manager at socket, the value of NOTIFY_SOCKET, of
// changes of state: READY=1, RELOADING=1, STOPPING=1 (sd_notify(3)). It is nil
// for an empty socket. A manager that does not listen is no reason to fail.
func Notifier(socket string) func(state string) {
	if socket == "" {
		return nil
	}
	return func(state string) {
		c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = c.Write([]byte(state))
	}
}

// listenerNames are the listeners of a Server.
var listenerNames = []string{"public", "redirect", "admin", "probe"}

// firstInherited is the first descriptor of socket activation.
const firstInherited = 3

// Inherit takes over the listeners that systemd opened (sd_listen_fds(3)):
// FileDescriptorName= says which each is, public, redirect, admin or probe. A
// single one with another name is the public one. The variables are removed, so
// that nobody whom we start takes them for his.
func Inherit() (map[string]net.Listener, error) {
	pid, count, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		os.Unsetenv(name)
	}
	if pid != strconv.Itoa(os.Getpid()) {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("LISTEN_FDS is %q, no number of sockets", count)
	}
	inherited := map[string]net.Listener{}
	for i, name := range inheritedNames(n, names) {
		if !slices.Contains(listenerNames, name) {
			return nil, fmt.Errorf("the inherited socket %d is called %q; call it public, redirect, admin or probe (FileDescriptorName= in the socket unit)", i+1, name)
		}
		if inherited[name] != nil {
			return nil, fmt.Errorf("two inherited sockets are called %q; Gatehouse listens on one", name)
		}
		file := os.NewFile(uintptr(firstInherited+i), name)
		l, err := net.FileListener(file)
		err = errors.Join(err, file.Close())
		if err != nil {
			return nil, fmt.Errorf("the inherited socket %q: %w", name, err)
		}
		inherited[name] = l
	}
	return inherited, nil
}

func inheritedNames(n int, text string) []string {
	names := make([]string, n)
	copy(names, strings.Split(text, ":"))
	if n == 1 && !slices.Contains(listenerNames, names[0]) {
		names[0] = "public"
	}
	return names
}
