# The enterprises of a person.

button-more = 更多
button-earlier = 上一页
button-later = 下一页
enterprise-name = { $name }（{ $code }）
enterprise-basics = { $district }　{ $category }
seat-held = 填报员：{ $reporter }
button-unlink = 取消关联
button-unlink-sure = 确定取消
unlink-sure = 确定取消与“{ $enterprise }”的关联吗？已填报的数据都会保留，需要时可以重新关联。
unlink-reporter = 您是“{ $enterprise }”的填报员，请先办理“填报人更换”，再取消关联。
unlinked = 已取消与“{ $enterprise }”的关联。
link-asked = 已把“{ $enterprise }”的关联申请转给所在区管理员，通过后会在这里通知您。
cannot-open-link = 没有找到这家企业。请在“关联企业”中查看已关联的企业。
enterprise-with-state = { $name }　{ $state }
button-next-enterprise = 填报下一家
