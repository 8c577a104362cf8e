package e2e

import (
	"context"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// chromium is the one browser process. Every person in the tests has a profile
// of their own in it.
var chromium struct {
	once sync.Once
	ctx  context.Context
	err  error
	stop func()
}

// browser starts Chromium for the first test that needs it.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := program(t, "chromium", "chromium-browser", "google-chrome")
	chromium.once.Do(func() { launch(path) })
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	return chromium.ctx
}

// launch runs Chromium in a fresh directory, as root too, and keeps it from
// calling home.
func launch(path string) {
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.WindowSize(1200, 900),
	)
	ctx, cancel := chromedp.NewContext(allocator)
	chromium.ctx, chromium.err = ctx, chromedp.Do(ctx)
	chromium.stop = func() { cancel(); stop() }
}

func closeBrowser() {
	if chromium.stop != nil {
		chromium.stop()
	}
}
