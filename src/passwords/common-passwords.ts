/** Passwords of eight and more characters that every list of guesses begins with, in lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `00000000 11111111 11223344 111222333 12121212 12312312 123123123 12341234 12344321 123454321 1234554321 12345678
  12345679 123456789 1234567890 12345678910 123456789a 123456789q 12345678a 12345qwert 1234qwer 123qweasd 123321123
  147258369 147852369 159753456 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 22222222
  33333333 44444444 55555555 66666666 77777777 87654321 88888888 987654321 9876543210 99999999 a1b2c3d4 a1234567
  a12345678 a123456789 aa123456 aa12345678 abc12345 abcd1234 abcdefgh abcdefg1 access14 admin123 administrator
  alexander asdasdasd asdf1234 asdfasdf asdfghjk asdfghjkl babygirl baseball basketball butterfly changeme charlie1
  chocolate computer corvette danielle dragon123 elephant football football1 garfield iloveyou iloveyou1 internet
  jennifer jordan23 letmein1 letmein123 liverpool maverick mercedes michelle midnight motdepasse mountain
  mustang1 nicholas p@ssw0rd p@ssword pa55word passw0rd password password! password01 password1 password12 password123
  password1234 princess princess1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc qqww1122 qwer1234 qwerasdf qwert123 qwerty12
  qwerty123 qwerty1234 qwertyui qwertyuiop qwertz123 samantha slipknot sunshine sunshine1 superman superman1
  starwars test1234 testtest trustno1 trustno11 victoria welcome1 welcome123 whatever zaq12wsx zaq1zaq1 zxcvbnm1
  zxcvbnm123 zxcvbnmasd heslo123 hesloheslo`.split(/\s+/),
);
