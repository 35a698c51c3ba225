package web

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"
)

// OpenAPI is the contract in OpenAPI 3.1. The tests hold every answer
// against it.
//
//go:embed openapi.yaml
var OpenAPI []byte

func openAPI(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", OpenAPI) }
