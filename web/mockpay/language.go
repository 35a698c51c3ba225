package mockpay

import (
	"net/http"
	"strings"
)

// languageCookie is how the shop's pages tell which language was chosen there; it
// is sent to this gateway's addresses alone.
const languageCookie = "seckill.language"

// languageOf is the language that a page is answered in: the one chosen in the
// shop, else the first that the browser wants and there is.
func languageOf(r *http.Request) string {
	if c, err := r.Cookie(languageCookie); err == nil {
		if _, known := texts[c.Value]; known {
			return c.Value
		}
	}
	for wanted := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(wanted), "-")
		name, _, _ = strings.Cut(name, ";")
		if _, known := texts[strings.ToLower(name)]; known {
			return strings.ToLower(name)
		}
	}
	return "en"
}

// texts are the words of the pages by language; each has the same keys.
var texts = map[string]map[string]string{"en": english, "zh": chinese}

var english = map[string]string{
	"title":         "Test payment",
	"test":          "Test gateway: no money moves",
	"to_pay":        "To be paid",
	"for_order":     "Order",
	"order_status":  "Order is",
	"payment":       "Payment is",
	"pay":           "Pay",
	"try":           "Or try something out",
	"fail":          "Let the payment fail",
	"fail_hint":     "The shop is told that it failed. The order stays, and you can pay again.",
	"pay_late":      "Pay too late",
	"pay_late_hint": "The payment arrives a moment after the time is up. You get a unit if one is left, else your money back.",
	"pay_twice":     "Pay, told twice",
	"pay_twice_hint": "The shop hears of one payment two times, as happens with real providers. " +
		"The second time changes nothing.",
	"pay_silently":      "Pay, and lose the callback",
	"pay_silently_hint": "The shop hears nothing, and asks by itself before the order expires.",
	"wrong_amount":      "Pay a wrong amount",
	"wrong_amount_hint": "The shop refuses it, and raises it with its operators.",
	"refund":            "Refund",
	"refund_hint":       "The money goes back.",
	"back_unpaid":       "Back to the order without paying",
	"back":              "Back to the order",
	"back_payment":      "Back to the payment",
	"answers":           "what the shop answered",
	"status":            "status",
	"attempts":          "attempts",
	"unreached":         "the shop was not reached",
	"my_orders":         "My orders",

	"order.awaiting_payment": "to be paid", "order.paid": "paid", "order.expired": "expired", "order.cancelled": "cancelled",
	"order.failed": "failed", "order.refund_due": "to be refunded", "order.refunded": "refunded",
	"payment.open": "open", "payment.failed": "failed", "payment.succeeded": "paid", "payment.late": "late",
	"payment.refund_due": "to be refunded", "payment.refunded": "refunded",

	"problem.failed": "Something went wrong", "problem.not_found": "There is no such payment", "problem.not_here": "That cannot be done here",
	"problem.not_now": "That cannot be done now", "problem.unavailable": "Not available just now", "problem.again": "Go back and try again.",
}

var chinese = map[string]string{
	"title":             "测试付款",
	"test":              "测试网关：不会产生真实扣款",
	"to_pay":            "应付金额",
	"for_order":         "订单",
	"order_status":      "订单状态",
	"payment":           "付款状态",
	"pay":               "付款",
	"try":               "也可以试试这些情况",
	"fail":              "让付款失败",
	"fail_hint":         "商店会收到付款失败的通知。订单保留，可以再次付款。",
	"pay_late":          "超时后才付款",
	"pay_late_hint":     "倒计时结束片刻后款项才到。还有货就归你，否则全额退款。",
	"pay_twice":         "付款，通知两次",
	"pay_twice_hint":    "商店会两次收到同一笔付款的通知，真实渠道也会这样。第二次不会有任何影响。",
	"pay_silently":      "付款，但回调丢失",
	"pay_silently_hint": "商店收不到通知，会在订单超时前主动查询。",
	"wrong_amount":      "付错金额",
	"wrong_amount_hint": "商店会拒绝，并提醒运营人员。",
	"refund":            "退款",
	"refund_hint":       "款项退回。",
	"back_unpaid":       "不付款，返回订单",
	"back":              "返回订单",
	"back_payment":      "返回付款页",
	"answers":           "商店的答复",
	"status":            "状态码",
	"attempts":          "次尝试",
	"unreached":         "无法连接商店",
	"my_orders":         "我的订单",

	"order.awaiting_payment": "待付款", "order.paid": "已付款", "order.expired": "已超时", "order.cancelled": "已取消",
	"order.failed": "未成功", "order.refund_due": "退款中", "order.refunded": "已退款",
	"payment.open": "未付款", "payment.failed": "失败", "payment.succeeded": "已付款", "payment.late": "逾期到账",
	"payment.refund_due": "退款中", "payment.refunded": "已退款",

	"problem.failed": "出了点问题", "problem.not_found": "没有这笔付款", "problem.not_here": "这里不能这样做",
	"problem.not_now": "现在不能这样做", "problem.unavailable": "暂时不可用", "problem.again": "请返回重试。",
}
