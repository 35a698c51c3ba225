package config

// Role is a command that needs settings.
type Role int

const (
	// RoleCheck looks at settings without running anything; it asks for all that
	// RoleServe does.
	RoleCheck Role = iota
	// RoleServe is web and worker in one process.
	RoleServe
	// RoleWeb is the HTTP side alone. RabbitMQ serves it for dead letters only.
	RoleWeb
	// RoleWorker is the background side alone.
	RoleWorker
	// RoleMigrate needs SQL alone.
	RoleMigrate
	// RoleToken signs a buyer's token; it needs auth.hs256_secret alone.
	RoleToken
	// RoleAdmin talks to a running server over the operators' API.
	RoleAdmin
	// RoleStock sells from the shop's stock, and nothing else; it needs SQL, and Redis for
	// the locks.
	RoleStock
)

// needs is what a role must have in external mode.
type needs struct {
	redis, mysql, rabbitmq bool
	// buyers and operators are let in: what tells them apart, in external mode.
	people bool
	// money: the secret shared with the payment provider, in external mode.
	money bool
	// signing: auth.hs256_secret, in every mode.
	signing bool
	// delivers events to the shop: webhooks.secret with webhooks.url, in every mode.
	delivers bool
	// external: does not run in embedded mode.
	external bool
}

var roleNeeds = map[Role]needs{
	RoleCheck:   {redis: true, mysql: true, rabbitmq: true, people: true, money: true, delivers: true},
	RoleServe:   {redis: true, mysql: true, rabbitmq: true, people: true, money: true, delivers: true},
	RoleWeb:     {redis: true, mysql: true, people: true, money: true, external: true},
	RoleWorker:  {redis: true, mysql: true, rabbitmq: true, money: true, delivers: true, external: true},
	RoleMigrate: {mysql: true},
	RoleToken:   {signing: true},
	RoleAdmin:   {},
	RoleStock:   {redis: true, mysql: true},
}
