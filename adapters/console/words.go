package console

// words are the texts of the pages in pages/, for staff.
var words = map[string]map[string]string{
	"zh": {
		"signin": "登录", "signin_sub": "登录后开始接待客户", "account": "账号", "password": "密码",
		"tagline": "客户在哪里找你，都在这里接待。", "point1": "微信、微博、网页，一个收件箱", "point2": "机器人先答，人工接得住", "point3": "排队多久，如实告诉客户",
		"forgot": "忘记密码？请管理员为你生成重设链接。", "wrong": "账号或密码不对。", "wait": "尝试次数过多，请等 {time}后再试。",
		"ended": "登录已过期，请重新登录。", "seconds": "秒", "minutes": "分钟",
		"first": "创建第一个账号", "first_sub": "这是管理员账号，之后由它邀请同事。此链接只能用一次。",
		"invite": "加入团队", "invite_sub": "设置你的账号和密码，马上就能开始。", "reset": "重设密码", "reset_sub": "设置新密码后，其他设备会退出登录。",
		"name": "显示名称", "name_hint": "客户和同事会看到，例如 小林", "account_hint": "登录用，例如 xiaolin 或邮箱，之后不能改", "password_hint": "至少 10 个字符，一句话最好记",
		"again": "再输入一次密码", "create": "创建账号", "join": "加入", "save": "保存新密码",
		"role_admin": "管理员", "role_lead": "组长", "role_agent": "客服", "as": "角色",
		"used":     "这个链接已用过或已过期。请让管理员再发一个；若是首次安装，重启 frontdesk serve 会打印新的链接。",
		"badlogin": "账号需为 2–64 个字母、数字、点、横线、下划线，或一个邮箱地址。", "taken": "这个账号已有人使用，请换一个。",
		"weak": "密码太短或太容易猜到：至少 10 个字符，不要用常见词，也不要包含账号。", "differ": "两次输入的密码不一样。", "oldwrong": "当前密码不对。",
		"change": "修改密码", "change_sub": "修改后，其他设备会退出登录。", "old": "当前密码", "new": "新密码", "changed": "密码已修改，其他设备已退出登录。",
		"back": "返回收件箱", "to_signin": "去登录", "lost": "这里没有页面。", "broken": "现在无法读取数据。请稍后再试；若一直如此，请管理员查看日志。", "unreadable": "表单无法读取，请再试一次。",
	},
	"en": {
		"signin": "Sign in", "signin_sub": "to start looking after your customers", "account": "Account", "password": "Password",
		"tagline": "Wherever customers write, answer them here.", "point1": "WeChat, Weibo and web in one inbox", "point2": "The bot answers first, people take over", "point3": "Honest waiting times for everyone in line",
		"forgot": "Forgot your password? Ask an administrator for a reset link.", "wrong": "Account or password is wrong.", "wait": "Too many attempts. Please try again in {time}.",
		"ended": "Your session has ended. Please sign in again.", "seconds": "seconds", "minutes": "minutes",
		"first": "Create the first account", "first_sub": "It is an administrator and invites everybody else. This link works once.",
		"invite": "Join the team", "invite_sub": "Choose an account and a password and you are ready to go.", "reset": "Set a new password", "reset_sub": "Other devices will be signed out.",
		"name": "Display name", "name_hint": "Customers and colleagues see it, e.g. Lin", "account_hint": "For signing in, e.g. lin or an email address. It cannot be changed later.", "password_hint": "At least 10 characters; a short sentence is easy to remember",
		"again": "Password again", "create": "Create account", "join": "Join", "save": "Save password",
		"role_admin": "Administrator", "role_lead": "Team lead", "role_agent": "Agent", "as": "Role",
		"used":     "This link has been used or has expired. Ask an administrator for a new one; on a new installation, restart frontdesk serve to print another.",
		"badlogin": "An account is 2–64 letters, digits, dots, dashes or underscores, or an email address.", "taken": "Somebody has this account already. Please choose another.",
		"weak": "This password is too short or too easy to guess: at least 10 characters, no common words, not your account.", "differ": "The two passwords differ.", "oldwrong": "The current password is wrong.",
		"change": "Change password", "change_sub": "Other devices will be signed out.", "old": "Current password", "new": "New password", "changed": "Your password is changed. Other devices are signed out.",
		"back": "Back to the inbox", "to_signin": "Go to sign-in", "lost": "There is no page here.", "broken": "The data cannot be read right now. Please try again; if it stays like this, ask an administrator to look at the log.", "unreadable": "The form could not be read. Please try again.",
	},
}
