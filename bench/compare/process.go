package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program under way, with its children: nginx and Apache work in
// theirs.
type process struct {
	name    string
	command *exec.Cmd
	log     *os.File // what it says
	ended   chan struct{}
}

// start runs a program on cpus. Go programs are told to use one core.
func start(name, log, cpus string, argv ...string) (*process, error) {
	// Appending lets the file be emptied under way.
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, log: file, ended: make(chan struct{})}
	p.command = exec.Command("taskset", append([]string{"-c", cpus}, argv...)...)
	p.command.Env = append(os.Environ(), "GOMAXPROCS=1")
	p.command.Stdout, p.command.Stderr = file, file
	if err := p.command.Start(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	go func() {
		_ = p.command.Wait()
		close(p.ended)
	}()
	return p, nil
}

// await waits until somebody listens at address.
func (p *process) await(address string) error {
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			return conn.Close()
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %s", p.name, p.said())
		case <-time.After(2 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not listen on %s: %s", p.name, address, p.said())
}

// said is the end of what the program wrote.
func (p *process) said() string {
	text, _ := os.ReadFile(p.log.Name())
	return string(text[max(0, len(text)-2000):])
}

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		for _, pid := range p.family() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-p.ended
	}
	_ = p.log.Close()
}

// family is the process and its children.
func (p *process) family() []int {
	self := p.command.Process.Pid
	pids := []int{self}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		if fields := statFields(stat); len(fields) > 1 && fields[1] == strconv.Itoa(self) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// statFields are those of proc_pid_stat(5) from the third on. The command's
// name, which may hold anything, is cut off first.
func statFields(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil // it has ended
	}
	_, rest, _ := strings.Cut(string(text[bytes.LastIndexByte(text, ')'):]), " ")
	return strings.Fields(rest)
}

// tick is what the kernel counts CPU time in: USER_HZ, which is 100 wherever
// Go runs on Linux.
const tick = 10 * time.Millisecond

// cpu is the user and system time so far of the family, and of children that it
// has outlived: fields 14 to 17.
func (p *process) cpu() (sum time.Duration) {
	for _, pid := range p.family() {
		fields := statFields(fmt.Sprintf("/proc/%d/stat", pid))
		if len(fields) < 15 {
			continue
		}
		for _, field := range fields[11:15] {
			ticks, _ := strconv.Atoi(field)
			sum += time.Duration(ticks) * tick
		}
	}
	return sum
}

// resident is the memory of the family, proc_pid_status(5), in MiB.
func (p *process) resident() (mebibytes float64) {
	for _, pid := range p.family() {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		var kib float64
		_, _ = fmt.Sscan(rest, &kib)
		mebibytes += kib / 1024
	}
	return mebibytes
}
