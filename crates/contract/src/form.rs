//! What a form of ours sends: fields, and files where it has some.

use bailiwick_domain::fault::{Code, Fault};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// What a form sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The fields, in their order.
    pub fields: Vec<(String, String)>,
    /// The files, by the names of their fields; a file that nobody chose is an empty one.
    pub files: Vec<(String, Bytes)>,
}

/// How a page's form may be written, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormLimits {
    /// The most bytes.
    pub(crate) length_max: usize,
    /// Whether it may carry files.
    pub(crate) takes_files: bool,
}

impl Form {
    /// Reads a form: as browsers write all (`application/x-www-form-urlencoded`), or, where files may come along, as they
    /// write those (RFC 7578).
    pub(crate) async fn read(headers: &HeaderMap, bytes: Bytes, limits: FormLimits) -> Result<Self, Fault> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match multer::parse_boundary(content_type) {
            Ok(boundary) if limits.takes_files => Self::with_files(bytes, boundary).await,
            _ => Ok(Self { fields: pairs(&bytes), files: Vec::new() }),
        }
    }

    async fn with_files(bytes: Bytes, boundary: String) -> Result<Self, Fault> {
        let malformed = |_| Fault::new(Code::MalformedBody).with_detail("the form is not whole");
        let whole = stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        let mut parts = multer::Multipart::new(whole, boundary);
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(malformed)? {
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let content = part.bytes().await.map_err(malformed)?;
            if is_file {
                form.files.push((name, content));
                continue;
            }
            let text = String::from_utf8(content.to_vec());
            let text = text.map_err(|_| Fault::new(Code::MalformedBody).with_detail("a field is not UTF-8"))?;
            form.fields.push((name, text));
        }
        Ok(form)
    }
}

/// The members of a query, or of a form without files.
pub(crate) fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a wrong table should stop the test")]

    use http::HeaderValue;

    use super::*;

    const FILES: FormLimits = FormLimits { length_max: 1000, takes_files: true };

    async fn read(content_type: &'static str, body: &'static str, limits: FormLimits) -> Result<Form, Fault> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Form::read(&headers, Bytes::from_static(body.as_bytes()), limits).await
    }

    const WHOLE: &str = "--x\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\npreview\r\n\
        --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\na\r\nb\r\n--x--\r\n";

    #[tokio::test]
    async fn fields_and_files_are_told_apart() {
        let form = read("multipart/form-data; boundary=x", WHOLE, FILES).await.unwrap();
        assert_eq!(form.fields, [("act".to_owned(), "preview".to_owned())]);
        assert_eq!(form.files, [("file".to_owned(), Bytes::from_static(b"a\r\nb"))]);
        let plain = read("application/x-www-form-urlencoded", "act=a+b&x=%41", FILES).await.unwrap();
        assert_eq!(plain.fields, [("act".to_owned(), "a b".to_owned()), ("x".to_owned(), "A".to_owned())]);
    }

    #[tokio::test]
    async fn files_come_only_where_they_are_expected() {
        let form = read("multipart/form-data; boundary=x", WHOLE, FormLimits { takes_files: false, ..FILES }).await;
        assert!(form.unwrap().files.is_empty());
    }

    #[tokio::test]
    async fn a_form_that_breaks_off_is_refused() {
        for length in [0, 1, 20, 60, 100, WHOLE.len() - 10] {
            let refused = read("multipart/form-data; boundary=x", WHOLE.get(..length).unwrap(), FILES).await;
            assert_eq!(refused.unwrap_err().code, Code::MalformedBody, "{length}");
        }
    }
}
