"""A letter, an mbox of two and a Maildir, as mail programs write them."""

SETTINGS = {"paths": ["keep/mail"]}

LETTER = b"""\
Return-Path: <bob@example.org>
Received: from mail.example.org (mail.example.org [192.0.2.7])\r
\tby mx.example.net with ESMTPS id 4711\r
\tfor <ann@example.org>; Mon, 2 Mar 2026 09:00:07 +0100 (CET)
Date: Mon, 2 Mar 2026 09:00:03 +0100
From: =?utf-8?q?Bob_Br=C3=BCnk?= <Bob@example.org>
To: "Arbor, Ann" <ann@example.org>, cyd@example.org
Subject: Re: The deploy lock
Message-ID: <two@mail.example.org>
In-Reply-To: <one@mail.example.org>
References: <one@mail.example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=-part"

--=-part
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

It is gone since Friday, and payments no longer waits.

On Sun, 1 Mar 2026, Ann Arbor wrote:
> Does the lock still hold you up?

--=20
Bob
--=-part
Content-Type: application/pdf; name="waits.pdf"
Content-Disposition: attachment; filename="waits.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--=-part--
"""

LIST = b"""\
From ann@example.org Sun Mar  1 18:00:00 2026
Date: Sun, 1 Mar 2026 18:00:00 +0100
From: Ann Arbor <ann@example.org>
To: deploy@lists.example.org
List-Id: Deploys <deploy.lists.example.org>
Subject: The deploy lock
Message-ID: <one@mail.example.org>

Does the lock still hold you up?

>From Monday on it should be gone.

From noreply@example.org Sun Mar  1 19:00:00 2026
Date: Sun, 1 Mar 2026 19:00:00 +0100
From: Calendar <noreply@example.org>
To: ann@example.org
Auto-Submitted: auto-generated
Subject: Reminder
Message-ID: <three@mail.example.org>
Content-Type: text/html; charset=iso-8859-1

<html><body><p>Planning at <b>ten</b></p><script>x()</script></body></html>
"""

FILES = {
    "keep/mail/reply.eml": LETTER,
    "keep/mail/list.mbox": LIST,
    "keep/mail/box/cur/1772438400.M1P2.host:2,S": LETTER.replace(b"<two@", b"<four@"),
    "keep/mail/box/new/1772438401.M1P2.host": LETTER.replace(b"Message-ID: <two@mail.example.org>\n", b""),
}
