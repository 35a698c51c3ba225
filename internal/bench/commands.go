package bench

import "time"

const shortHold = 20 * time.Second
