package gateway

import (
	"errors"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/admin"
	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// reloadAnswer is what POST /api/reload tells.
type reloadAnswer struct {
	// Outcome is success or failure.
	Outcome string `json:"outcome"`
	Message string `json:"message"`
	// Problems are all mistakes of a file that was refused.
	Problems []reloadProblem `json:"problems,omitempty"`
	// RestartNeeded names the keys whose change is not in use yet.
	RestartNeeded []string `json:"restart_needed,omitempty"`
	// Warnings are the file's, as check prints them.
	Warnings []string `json:"warnings,omitempty"`
}

type reloadProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

// askedToReload answers POST /api/reload.
func (s *Server) askedToReload(w http.ResponseWriter, _ *http.Request) {
	waiting, err := s.Reload()
	var problems config.Problems
	switch {
	case err == nil:
		answer := reloadAnswer{
			Outcome: telemetry.OutcomeSuccess, Message: "the new configuration serves",
			RestartNeeded: waiting, Warnings: s.current().Config.Warnings(),
		}
		if len(waiting) > 0 {
			answer.Message += "; restart needed for the keys in restart_needed"
		}
		admin.JSON(w, http.StatusOK, answer)
	case errors.Is(err, ErrFixed):
		admin.Fail(w, nil, http.StatusConflict, "not_reloadable", "This gateway has no file to load again.")
	default:
		answer := reloadAnswer{Outcome: telemetry.OutcomeFailure, Message: "the configuration before goes on"}
		if !errors.As(err, &problems) {
			answer.Message += ": " + err.Error()
		}
		for _, p := range problems {
			answer.Problems = append(answer.Problems, reloadProblem{p.File, p.Line, p.Col, p.Path, p.Message})
		}
		admin.JSON(w, http.StatusUnprocessableEntity, answer)
	}
}
