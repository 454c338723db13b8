package wechat

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"github.com/frontdesk-im/frontdesk/core"
)

// badToken is the codes that mean: fetch another access token.
var badToken = map[string]bool{"40001": true, "40014": true, "42001": true, "41001": true}

// expiredMedia is the code for a media_id that does not exist or no longer does.
const expiredMedia = "40007"

// A fate is what a code of the API means for a message.
type fate struct {
	kind  core.Kind
	words string // for agents and operators, in both languages
}

// fates is https://developers.weixin.qq.com/doc/service/guide/dev/error_code.html
var fates = map[int64]fate{
	-1: {core.KindTransient, "微信系统繁忙，稍后自动重试 / WeChat is busy, it is tried again"},

	40001: {core.KindDenied, "access_token 被拒绝，请检查 appid 与 secret / the access token is refused, check appid and secret"},
	40014: {core.KindDenied, "access_token 被拒绝 / the access token is refused"},
	42001: {core.KindDenied, "access_token 已过期 / the access token has expired"},
	41001: {core.KindDenied, "缺少 access_token / the access token is missing"},
	40002: {core.KindDenied, "凭证类型不正确，请检查配置 / bad grant type, check the configuration"},
	40013: {core.KindDenied, "appid 无效，请检查配置 / the appid is not valid, check the configuration"},
	40125: {core.KindDenied, "AppSecret 无效，请检查配置 / the AppSecret is not valid, check the configuration"},
	40243: {core.KindDenied, "AppSecret 已被冻结，请到公众平台解冻 / the AppSecret is frozen, unfreeze it at the platform"},
	40164: {core.KindDenied, "服务器 IP 不在白名单，请在公众平台添加 / our address is not in the account's IP whitelist, add it at the platform"},
	61004: {core.KindDenied, "服务器 IP 未登记 / our address is not registered"},
	89503: {core.KindDenied, "此 IP 需管理员确认 / the administrator must confirm our address"},
	89501: {core.KindDenied, "此 IP 正等待管理员确认 / our address waits for the administrator"},
	89506: {core.KindDenied, "管理员拒绝了此 IP / the administrator refused our address for 24 hours"},
	89507: {core.KindDenied, "管理员拒绝了此 IP / the administrator refused our address for an hour"},
	48001: {core.KindDenied, "此公众号没有该接口权限，未认证账号请设 passive_only: true / the account may not use this interface; an unverified one needs passive_only: true"},
	48004: {core.KindDenied, "接口被封禁，请登录公众平台查看 / the interface is banned, look at the platform"},
	48008: {core.KindDenied, "没有该类型消息的发送权限 / the account may not send this kind of message"},
	50002: {core.KindDenied, "账号受限，请登录公众平台查看 / the account is restricted, look at the platform"},

	40003: {core.KindGone, "该客户不属于此公众号 / not a customer of this account"},
	43004: {core.KindGone, "客户未关注公众号 / the customer does not follow the account"},
	43019: {core.KindGone, "客户在公众号黑名单中 / the customer is on the account's blacklist"},
	46004: {core.KindGone, "客户不存在 / there is no such customer"},
	48002: {core.KindGone, "客户已关闭接收消息 / the customer has switched messages off"},
	50005: {core.KindGone, "客户已取消关注 / the customer no longer follows the account"},

	40004: {core.KindRejected, "不支持的媒体文件类型 / WeChat does not take this type of file"},
	40005: {core.KindRejected, "不支持的文件类型 / WeChat does not take this type of file"},
	40006: {core.KindRejected, "文件太大 / the file is too large"},
	40007: {core.KindRejected, "媒体文件已过期 / the file has expired at WeChat"},
	40008: {core.KindRejected, "不支持的消息类型 / WeChat does not take this kind of message"},
	40009: {core.KindRejected, "图片太大 / the picture is too large"},
	40010: {core.KindRejected, "语音太大 / the recording is too large"},
	40011: {core.KindRejected, "视频太大 / the video is too large"},
	40012: {core.KindRejected, "缩略图太大 / the thumbnail is too large"},
	40037: {core.KindRejected, "模板不存在 / there is no such template"},
	41030: {core.KindRejected, "小程序页面不存在 / the mini-program has no such page"},
	47003: {core.KindRejected, "模板内容不符合要求 / the values do not fit the template"},
	43101: {core.KindRejected, "客户未同意接收此订阅消息 / the customer has not agreed to this subscription message"},
	44001: {core.KindRejected, "媒体文件为空 / the file is empty"},
	44004: {core.KindRejected, "消息内容为空 / the message is empty"},
	45002: {core.KindRejected, "消息太长，请分成几条 / the message is too long, send it in parts"},
	45003: {core.KindRejected, "标题太长 / the title is too long"},
	45004: {core.KindRejected, "描述太长 / the description is too long"},
	45005: {core.KindRejected, "链接太长 / the link is too long"},
	45007: {core.KindRejected, "语音超过 60 秒 / the recording is longer than 60 seconds"},
	45008: {core.KindRejected, "图文消息只能有一篇 / only one article can be sent"},
	45072: {core.KindRejected, "输入状态指令不正确 / bad typing command"},
	45080: {core.KindRejected, "30 秒内没有对话，不能显示正在输入 / no exchange in the last 30 s, typing cannot be shown"},
	45081: {core.KindRejected, "已显示正在输入 / typing is shown already"},
	70000: {core.KindRejected, "未成年人保护限制 / restricted for the protection of minors"},

	45009: {core.KindThrottled, "今天的接口次数已用完，北京时间 0 点后重试 / today's quota is used up, it is tried again after midnight in Beijing"},
	45011: {core.KindThrottled, "发送太频繁，一分钟后重试 / too many calls, it is tried again in a minute"},

	45015: {core.KindClosed, "超过可回复时间（48 小时）或客户已取消关注：可等客户再次来信，或发送模板/订阅消息 / more than 48 hours after the customer wrote, or they unfollowed: wait until they write, or send a template or subscription message"},
	45047: {core.KindClosed, "客户来信后可发送的条数已用完：可等客户再次来信，或发送模板/订阅消息 / as many messages as WeChat allows were sent: wait until the customer writes, or send a template or subscription message"},
}

// ranges are codes with one meaning.
var ranges = []struct {
	from, to int64
	fate
}{
	{41002, 41009, fate{core.KindRejected, "请求缺少参数，请报告开发者 / a parameter is missing, tell the developers"}},
	{43001, 43003, fate{core.KindRejected, "请求方式不正确，请报告开发者 / a bad request, tell the developers"}},
	{44002, 44003, fate{core.KindRejected, "消息内容为空 / the message is empty"}},
	{61450, 61457, fate{core.KindRejected, "客服账号不可用，请检查 agents 配置 / the customer service account cannot be used, check agents in the configuration"}},
	{65400, 65417, fate{core.KindRejected, "微信客服账号或会话不可用 / WeChat's customer service account or session cannot be used"}},
	{89500, 89599, fate{core.KindDenied, "服务器 IP 需管理员确认 / the administrator must confirm our address"}},
}

func fateOf(code int64) fate {
	if f, ok := fates[code]; ok {
		return f
	}
	for _, r := range ranges {
		if code >= r.from && code <= r.to {
			return r.fate
		}
	}
	return fate{core.KindRejected, "微信拒绝了这条消息 / WeChat refused this message"}
}

// fault is the error for an errcode.
func (w wire) fault(err error) error {
	c, ok := errors.AsType[*util.CommonError](err)
	if !ok {
		return &core.SendError{Kind: core.KindUnknown, Err: w.veil.hide(err)}
	}
	f := fateOf(c.ErrCode)
	e := &core.SendError{Kind: f.kind, Code: strconv.FormatInt(c.ErrCode, 10), Err: fmt.Errorf("%s [%s]", f.words, w.veil.clean(c.ErrMsg))}
	switch c.ErrCode {
	case 45009:
		e.After = untilMidnight(w.now())
	case 45011:
		e.After = time.Minute
	}
	return e
}

// beijing is the platform's time zone; it has had no summer time since 1991.
var beijing = time.FixedZone("CST", 8*60*60)

func untilMidnight(now time.Time) time.Duration {
	n := now.In(beijing)
	return time.Date(n.Year(), n.Month(), n.Day()+1, 0, 0, 5, 0, beijing).Sub(n)
}

// code is err's errcode, empty if it has none.
func code(err error) string {
	if e, ok := errors.AsType[*core.SendError](err); ok {
		return e.Code
	}
	return ""
}

// kfTrouble reports whether the agent's identity at WeChat is what is wrong.
func kfTrouble(err error) bool {
	n, e := strconv.ParseInt(code(err), 10, 64)
	return e == nil && (n >= 65400 && n <= 65417 || n >= 61450 && n <= 61457)
}
