package gateway

import (
	"context"
	"os"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Files are seldom written at once: a change is looked at when nothing more
// happened for settle, or maxSettle after its beginning.
const settle, maxSettle = 100 * time.Millisecond, 500 * time.Millisecond

// watch reloads when it is asked to, by a signal or by a file that changed,
// until ctx ends. How a reload went is told by Reload itself.
func (s *Server) watch(ctx context.Context) {
	from := s.process.Source
	if from == nil {
		return
	}
	var events <-chan fsnotify.Event
	var failures <-chan error
	var watcher *fsnotify.Watcher
	if from.Watch {
		var err error
		if watcher, err = fsnotify.NewWatcher(); err != nil {
			s.process.Log.Warn("changes of files are not noticed: reload with SIGHUP or POST /api/reload", "error", err.Error())
		} else {
			defer watcher.Close()
			events, failures = watcher.Events, watcher.Errors
			s.watchDirectories(watcher)
		}
	}
	var quiet, latest <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-from.Signals:
			_, _ = s.Reload()
			continue
		case <-s.files.changed:
			if watcher == nil {
				continue
			}
			s.watchDirectories(watcher)
		case err := <-failures:
			s.process.Log.Warn("changes of files may have gone unnoticed", "error", err.Error())
		case <-events:
			quiet = time.After(settle)
			if latest == nil {
				latest = time.After(maxSettle)
			}
			continue
		case <-quiet:
		case <-latest:
		}
		quiet, latest = nil, nil
		if s.files.differ() {
			_, _ = s.Reload()
		}
		if watcher != nil {
			s.watchDirectories(watcher) // one may have been made anew, or a link lead elsewhere
		}
	}
}

// watchDirectories watches directories and not files: a file that is replaced
// takes its watch away with it.
func (s *Server) watchDirectories(watcher *fsnotify.Watcher) {
	wanted := map[string]bool{}
	for _, dir := range s.files.directories() {
		wanted[dir] = true
		if err := watcher.Add(dir); err != nil && !os.IsNotExist(err) {
			s.process.Log.Warn("changes in a directory are not noticed", "directory", dir, "error", err.Error())
		}
	}
	for _, dir := range watcher.WatchList() {
		if !wanted[dir] {
			_ = watcher.Remove(dir) // fails for one that is gone
		}
	}
}
