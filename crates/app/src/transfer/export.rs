//! Everything out, as it was at one moment; also while the server runs.

use std::io::Write;

use bailiwick_domain::transfer::{About, Summary, Writer};
use bailiwick_store::{Database, transfer};

use super::{Step, TransferError, breathe, count};

/// Writes everything that a database has; `progress` hears how far it is.
///
/// No more than a few hundred rows are kept at a time, however many there are.
pub async fn export(
    database: &Database,
    out: &mut impl Write,
    about: &About,
    mut progress: impl FnMut(Step),
) -> Result<Summary, TransferError> {
    let schema = transfer::schema()?;
    let mut link = database.snapshot().await?;
    let (total, mut done) = (count(&mut link, schema).await?, 0);
    let (mut writer, header) = Writer::begin(schema, about);
    let mut write = |line: String| out.write_all(line.as_bytes()).map_err(TransferError::Write);
    write(header)?;
    for table in &schema.tables {
        let mut after = None;
        loop {
            let page = transfer::page(&mut link, table, after.as_deref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(table.key_of(last));
            for row in &page {
                write(writer.row(table, row))?;
                done += 1;
            }
            progress(Step { doing: "exporting", done, total });
            breathe().await;
        }
        write(writer.table_end(table))?;
    }
    let (summary, closing) = writer.finish();
    write(closing)?;
    out.flush().map_err(TransferError::Write)?;
    Ok(summary)
}
