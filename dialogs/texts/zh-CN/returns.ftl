# Returns: asked for, told of, corrected.

button-ask-return = 申请退回
ask-return-reason = 申请退回“{ $enterprise }” { $period } 期报表。退回后您可以修改并重新提交。
ask-reason-line = 请用一句话说明原因：
reason-unread = 请用一句话说明原因，不超过 200 个字。
return-asked =
    已把“{ $enterprise }” { $period } 期的退回申请转给管理员，处理后会在这里通知您。急需修改时请直接联系：
return-refused = “{ $enterprise }” { $period } 期的退回申请没有通过，报表保持已提交状态。如有疑问请联系所在区或服务中心。
returned = “{ $enterprise }” { $period } 期报表已退回修改。
returned-reason = 退回原因：{ $reason }
returned-items = 请核对：{ $items }
flagged = 管理员请您核对本项：{ $reason }
button-as-is = 数据无误，不改
left-as-is = ✔「{ $label }」保持不变。
missing-flagged = 「{ $label }」是退回时要求核对的，还没有核对。
cannot-open-report = 这一期没有已提交的报表。
