package web

import (
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"
)

// WriteJSON answers with a value that always can be written as JSON.
func WriteJSON(c *gin.Context, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // a body of this service that cannot be written is a defect of it
	}
	c.Data(status, "application/json", body)
}

// FormatTime writes a time as answers have it; the zero one is no text.
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeFormat)
}

// timeFormat is RFC 3339 in UTC with the milliseconds that Redis and SQL keep.
const timeFormat = "2006-01-02T15:04:05.000Z"
