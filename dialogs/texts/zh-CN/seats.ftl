# The seat: claimed, handed over, offered.

claim-asked = 已把“{ $enterprise }”的填报员申请转给所在区管理员，通过后会在这里通知您。
button-transfer = 填报人更换
ask-associate = 请选择“{ $enterprise }”的新填报员：
associate = { $name }　{ $phone }
transfer-sure = 确定把“{ $enterprise }”的填报员更换为 { $reporter }（{ $phone }）吗？确定后您将不能再填报，未提交的内容由对方接着填。
button-transfer-sure = 确定更换
transfer-done = 移交填报权成功。“{ $enterprise }”的填报员现在是 { $reporter }。
transfer-yours = 您现在是“{ $enterprise }”的填报员，已填的内容都在，无需再申请。
transfer-lost = “{ $enterprise }”的填报员已更换为 { $reporter }。如有疑问请联系所在区或服务中心。
transfer-nobody =
    还没有其他人关联“{ $enterprise }”。
    请接手的同事在这里验证手机号，再通过“关联企业”→“增加关联企业”关联本企业；完成后您就能在这里选择。
invited = 管理员邀请您担任“{ $enterprise }”的运行监测数据填报员。
button-accept = 接受邀请
invitation-dead = 这个邀请链接无效：可能已使用、已过期，或不是发给您的手机号。请向所在区索取新的链接。
granted-link = “{ $enterprise }”的关联申请已通过。
refused-link = “{ $enterprise }”的关联申请没有通过。如有疑问请联系所在区或服务中心。
granted-seat = “{ $enterprise }”的填报员申请已通过，您现在可以填报。
refused-seat = “{ $enterprise }”的填报员申请没有通过。如有疑问请联系所在区或服务中心。
