//! Reports as several mail servers write them, with our labels where `{to}` and `{label}` stand.

pub(super) const POSTFIX: &str = "\
Return-Path: <>
Delivered-To: {to}
Received: by mail.example.com (Postfix)
\tid 4ZzQkM1x2yz; Sun, 29 Nov 2026 10:00:01 +0000 (UTC)
Date: Sun, 29 Nov 2026 10:00:01 +0000 (UTC)
From: MAILER-DAEMON@mail.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary=\"4ZzQkM0abc.1764410401/mail.example.com\"
Content-Transfer-Encoding: 8bit
Message-Id: <4ZzQkM1x2yz@mail.example.com>

This is a MIME-encapsulated message.

--4ZzQkM0abc.1764410401/mail.example.com
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--4ZzQkM0abc.1764410401/mail.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com
X-Postfix-Queue-ID: 4ZzQkM0abc
X-Postfix-Sender: rfc822; {to}
Arrival-Date: Sun, 29 Nov 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; ana@example.org
Original-Recipient: rfc822;ana@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: Recipient address rejected:
    User unknown in virtual mailbox table

--4ZzQkM0abc.1764410401/mail.example.com
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <{to}>
From: avisos@example.com
To: ana@example.org
Subject: =?utf-8?b?wqFIb2xhIQ==?=
Message-ID: <0191d5a0-5c1e-5cc3-9d2f-1f0f7a1c9b3e@example.com>
X-Chasqui-Label: {label}

--4ZzQkM0abc.1764410401/mail.example.com--
";

/// The label is only in the returned header, as where a service has written the return path anew.
pub(super) const EXCHANGE: &str = "\
From: Microsoft Outlook <postmaster@example.org>
To: bounces@example.com
Date: Sun, 29 Nov 2026 10:00:05 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary=\"_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_\"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <b5b3c9f5-3d6e-4a55@AM0PR01.prod.example.org>
Subject: Undeliverable: Hola
MIME-Version: 1.0

--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary=\"_inner_\"

--_inner_
Content-Type: text/plain; charset=\"us-ascii\"
Content-Transfer-Encoding: quoted-printable

Your message to ana@example.org couldn't be delivered.=0D=0A

--_inner_
Content-Type: text/html; charset=\"us-ascii\"

<html><body>Your message couldn't be delivered.</body></html>

--_inner_--

--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.example.org
Received-From-MTA: dns;mail.example.com
Arrival-Date: Sun, 29 Nov 2026 10:00:04 +0000

Final-Recipient: rfc822;ana@example.org
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException
X-Display-Name: Ana

--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_
Content-Type: message/rfc822

From: avisos@example.com
To: ana@example.org
Message-ID: <m-1@example.com>
X-Chasqui-Label: {label}
Content-Type: text/plain

Hi
--_b5b3c9f5-3d6e-4a55-8a53-e2c0a0c6a111_--
";

pub(super) const GMAIL: &str = "\
Delivered-To: {to}
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {to}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <m-1@example.com>
X-Failed-Recipients: ana@example.org
Message-ID: <692ac001.050a0220.1.GMR@mx.google.com>
Content-Type: multipart/report; boundary=\"0000000000001\"; report-type=delivery-status

--0000000000001
Content-Type: multipart/related; boundary=\"0000000000002\"

--0000000000002
Content-Type: text/html; charset=\"UTF-8\"

<html>Address not found</html>

--0000000000002--
--0000000000001
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 29 Nov 2026 02:00:00 -0800 (PST)
X-Original-Message-ID: <m-1@example.com>

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.27, the server for the domain.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces.
Last-Attempt-Date: Sun, 29 Nov 2026 02:00:01 -0800 (PST)

--0000000000001
Content-Type: message/rfc822

Message-ID: <m-1@example.com>
To: ana@example.org

Hi
--0000000000001--
";

pub(super) const EXIM: &str = "\
Return-path: <>
Envelope-to: {to}
From: Mail Delivery System <Mailer-Daemon@mail.example.com>
To: {to}
Auto-Submitted: auto-replied
X-Failed-Recipients: ana@example.org
Content-Type: multipart/report; report-type=delivery-status; boundary=1764410401-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1vPcXX-000000001Ab-0abc@mail.example.com>

--1764410401-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1764410401-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Action: failed
Final-Recipient: rfc822;ana@example.org
Status: 5.0.0
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 No such user here

--1764410401-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <{to}>
To: ana@example.org
Message-ID: <m-1@example.com>

Hi
--1764410401-eximdsn-1804289383--
";

pub(super) const COMPLAINT: &str = "\
From: <feedback@mailbox.example>
To: <abuse@example.com>
Subject: FW: Hola
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary=\"part1_13d.2e68ed54_boundary\"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset=\"US-ASCII\"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP 192.0.2.1.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{to}>
Original-Rcpt-To: <ana@example.org>
Arrival-Date: Sun, 29 Nov 2026 14:00:00 EST
Source-IP: 192.0.2.1

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <avisos@example.com>
To: <ana@example.org>
Message-ID: <m-1@example.com>

Spam Spam Spam
--part1_13d.2e68ed54_boundary--
";

pub(super) const QMAIL: &str = "\
Return-Path: <>
From: MAILER-DAEMON@mail.example.com
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at mail.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@example.org>:
192.0.2.25 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.25.

--- Below this line is a copy of the message.

Return-Path: <{to}>
To: ana@example.org

Hi
";

pub(super) const ALL: [&str; 6] = [POSTFIX, EXCHANGE, GMAIL, EXIM, COMPLAINT, QMAIL];
