package web

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"
)

// openAPIFile is the contract in OpenAPI 3.1. The tests hold every answer
// against it.
//
//go:embed openapi.yaml
var openAPIFile []byte

func openAPI(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", openAPIFile) }
