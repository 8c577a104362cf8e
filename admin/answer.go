package admin

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// JSON answers v, indented: it is read by people with curl too.
func JSON(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	out := json.NewEncoder(&body)
	out.SetEscapeHTML(false) // addresses in it are copied by people
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"error":"internal"}` + "\n")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body.Bytes()) // a client that is gone needs no answer
}

// indented is v as people read JSON, "" for nil.
func indented(v any) string {
	if v == nil {
		return ""
	}
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// Fail answers an error code and a sentence that says what to do next.
func Fail(w http.ResponseWriter, _ *http.Request, status int, code, text string) {
	JSON(w, status, struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{code, text})
}
