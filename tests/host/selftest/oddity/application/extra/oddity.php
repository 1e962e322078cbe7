<?php

return ['merged' => true];
